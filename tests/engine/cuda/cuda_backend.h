// The CUDA backend of a test, or why there is none.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "engine/device/cuda_plugin.h"

namespace lookbook {

// Skips the running test where CUDA cannot be used.
#define LB_SKIP_WITHOUT_CUDA() \
  if (const absl::Status cuda = CudaMissing(); !cuda.ok()) GTEST_SKIP() << cuda

inline absl::Status CudaMissing() {
  static const absl::Status* const status = new absl::Status(OpenCudaBackend({}).status());
  return *status;
}

// Null where CUDA cannot be used. Lives as long as the process, since what it opens must not
// outlive it.
inline const DeviceBackend* MakeCuda(const CudaOptions& options) {
  absl::StatusOr<std::unique_ptr<DeviceBackend>> backend = OpenCudaBackend(options);
  return backend.ok() ? std::move(backend)->release() : nullptr;
}

}  // namespace lookbook
