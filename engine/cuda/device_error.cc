#include "engine/cuda/device_error.h"

#include <cuda_runtime_api.h>

#include <mutex>
#include <shared_mutex>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "engine/cuda/capture_gate.h"

namespace lookbook {
namespace {

// What FAISS throws when cudaMalloc() refuses: an exception of its own with the refusal's text.
absl::Status FaissMemoryError(absl::Status status) {
  const bool memory =
      absl::IsInternal(status) && (absl::StrContains(status.message(), "alloc fail") ||
                                   absl::StrContains(status.message(), "OutOfMemory") ||
                                   absl::StrContains(status.message(), "out of memory"));
  return memory ? absl::ResourceExhaustedError(status.message()) : status;
}

}  // namespace

bool IsStickyCudaError(int cuda_error) {
  switch (cuda_error) {
    case cudaErrorIllegalAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorMisalignedAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorHardwareStackError:
    case cudaErrorAssert:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorDevicesUnavailable:
    case cudaErrorContained:
    case cudaErrorExternalDevice:
    case cudaErrorSystemNotReady:
    case cudaErrorNoDevice:
    case cudaErrorContextIsDestroyed:
    case cudaErrorTensorMemoryLeak:
    case cudaErrorMpsClientTerminated:
    case cudaErrorUnknown:
      return true;
    default:
      return false;
  }
}

absl::Status DeviceHealth::status() const {
  if (!lost_.load(std::memory_order_acquire)) return absl::OkStatus();
  MutexLock lock(&mutex_);
  return first_;
}

void DeviceHealth::Note(absl::string_view what, int cuda_error, absl::string_view message) {
  if (!IsStickyCudaError(cuda_error)) return;
  MutexLock lock(&mutex_);
  if (!first_.ok()) return;
  first_ = WithReason(absl::UnavailableError(absl::StrCat(
                          what, ": the CUDA device cannot be used any more (",
                          cudaGetErrorName(static_cast<cudaError_t>(cuda_error)), "): ", message)),
                      "device_lost");
  lost_.store(true, std::memory_order_release);
}

// Synchronising is what brings up an error of work that was only queued; and it is the device that
// knows, not the thread, whose own device is another one by the time that an error is caught.
int DeviceHealth::StickyError() const {
  // A recording on another thread would be void.
  const std::shared_lock<std::shared_mutex> lock(CaptureGate());
  int mine = 0, found = cudaGetLastError();
  const bool known = cudaGetDevice(&mine) == cudaSuccess;
  for (size_t i = 0; i < devices_.size() && !IsStickyCudaError(found); ++i) {
    found = cudaSetDevice(devices_[i]);
    if (found == cudaSuccess) found = cudaDeviceSynchronize();
  }
  if (known) cudaSetDevice(mine);
  return IsStickyCudaError(found) ? found : 0;
}

absl::Status DeviceHealth::Judge(absl::string_view what, const std::exception& error) {
  const absl::Status status = FaissMemoryError(TorchErrorToStatus(what, error));
  Note(what, StickyError(), status.message());
  const absl::Status health = this->status();
  return health.ok() ? status : health;
}

}  // namespace lookbook
