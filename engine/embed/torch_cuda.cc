#include "engine/embed/torch_cuda.h"

#include <ATen/Context.h>
#include <torch/cuda.h>

#include "absl/strings/str_cat.h"
#include "base/shared_library.h"
#include "base/status_macros.h"
#include "engine/embed/torch_error.h"

namespace lookbook {
namespace {

constexpr char kCudaHalf[] = "libtorch_cuda.so";

absl::Status Missing(absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat("CUDA cannot be used: ", what));
}

// The folder of the LibTorch that runs: its two halves must be of one build.
absl::StatusOr<std::string> TorchFolder() {
  LB_ASSIGN_OR_RETURN(const std::string file,
                      FileOfAddress(reinterpret_cast<const void*>(&at::globalContext)));
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? std::string(".") : file.substr(0, slash);
}

absl::Status Load() {
  LB_ASSIGN_OR_RETURN(const std::string folder, TorchFolder());
  const std::string path = absl::StrCat(folder, "/", kCudaHalf);
  const absl::StatusOr<void*> opened = OpenSharedLibrary(path, SymbolScope::kShared);
  if (absl::IsNotFound(opened.status())) {
    return Missing(absl::StrCat(path, " is not there; this LibTorch is the CPU half alone"));
  }
  if (!opened.ok()) return Missing(opened.status().message());
  if (!torch::cuda::is_available() || torch::cuda::device_count() < 1) {
    return Missing("torch finds no device; nvidia-smi says whether driver and device are there");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LoadTorchCuda() {
  static const absl::Status* const status =
      new absl::Status(CatchTorchToStatus("CUDA cannot be used", Load));
  return *status;
}

int CudaDeviceCount() { return static_cast<int>(torch::cuda::device_count()); }

}  // namespace lookbook
