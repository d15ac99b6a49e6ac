#include "engine/cuda/device_error.h"

#include <cuda_runtime_api.h>

#include "absl/strings/str_cat.h"
#include "base/reason.h"

namespace lookbook {

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

absl::Status DeviceHealth::Judge(absl::string_view what, const std::exception& error) {
  const absl::Status status = TorchErrorToStatus(what, error);
  // Synchronising is what brings up an error of work that was only queued.
  cudaError_t cause = cudaDeviceSynchronize();
  if (cause == cudaSuccess) cause = cudaGetLastError();
  Note(what, cause, status.message());
  const absl::Status health = this->status();
  return health.ok() ? status : health;
}

}  // namespace lookbook
