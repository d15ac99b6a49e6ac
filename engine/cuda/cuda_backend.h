// The DeviceBackend of lookbook_cuda.so.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "engine/device/cuda_options.h"
#include "engine/device/device_backend.h"

namespace lookbook {

// As OpenCudaBackend(), which calls it. Internal or Unavailable: a device does not answer.
absl::StatusOr<std::unique_ptr<DeviceBackend>> MakeCudaBackend(const CudaOptions& options);

}  // namespace lookbook
