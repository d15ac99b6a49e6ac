// LibTorch's CUDA half, opened at run time: programs link the CPU half alone and start on machines
// that have no NVIDIA library.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lookbook {

// Opens libtorch_cuda.so beside the libtorch_cpu.so that runs, which teaches torch about CUDA for
// the rest of the process's life, and sees that there is a device. Thread-safe; what the first call
// found is what every call says. Call it before torch is asked about CUDA in any other way.
//
// FailedPrecondition, in one line that names what is missing: the file (LibTorch is here without
// its CUDA half), a library that it needs, the driver, or a device.
absl::Status LoadTorchCuda();

// How many CUDA devices torch sees. REQUIRES: LoadTorchCuda() said OK.
int CudaDeviceCount();

}  // namespace lookbook
