#include "engine/device/cuda_plugin.h"

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/program_path.h"
#include "base/shared_library.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "engine/embed/torch_cuda.h"

namespace lookbook {
namespace {

constexpr char kPluginFile[] = "lookbook_cuda.so";

absl::Status Missing(absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat("the CUDA plug-in: ", what));
}

// Beside the program, as in a build folder, or where an installation has it.
absl::StatusOr<std::string> FindPlugin(const std::string& plugin) {
  if (!plugin.empty()) return plugin;
  const std::string program = ProgramPath();
  const std::string folder = program.substr(0, program.rfind('/'));
  for (const char* place : {"", "../lib/lookbook/", "../bin/"}) {
    const std::string path = absl::StrCat(folder, "/", place, kPluginFile);
    if (PathExists(path)) return path;
  }
  return Missing(
      absl::StrCat(kPluginFile, " is neither in ", folder, " nor in ", folder, "/../lib/lookbook"));
}

absl::Status CheckOptions(const CudaOptions& options) {
  const int count = CudaDeviceCount();
  if (options.devices.empty()) return absl::InvalidArgumentError("cuda.devices names no device");
  for (int device : options.devices) {
    if (device < 0 || device >= count) {
      return absl::InvalidArgumentError(
          absl::StrCat("cuda.devices: there is no device ", device, "; torch sees ", count));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceBackend>> OpenCudaBackend(const CudaOptions& options,
                                                               const std::string& plugin) {
  LB_ASSIGN_OR_RETURN(const std::string path, FindPlugin(plugin));
  LB_RETURN_IF_ERROR(LoadTorchCuda());
  LB_RETURN_IF_ERROR(CheckOptions(options));
  const absl::StatusOr<void*> library = OpenSharedLibrary(path, SymbolScope::kOwn);
  if (!library.ok()) return Missing(library.status().message());
  const absl::StatusOr<void*> symbol = FindSymbol(*library, path, kCudaPluginSymbol);
  if (!symbol.ok()) return Missing(symbol.status().message());
  const auto* entry = static_cast<const CudaPluginEntry*>(*symbol);
  if (GitCommit() != entry->build) {
    return Missing(
        absl::StrCat(path, " is of build ", entry->build, ", this program of ", GitCommit()));
  }
  return entry->open(options);
}

}  // namespace lookbook
