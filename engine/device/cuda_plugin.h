// lookbook_cuda.so, opened at run time: programs stay free of CUDA, and only a server that is told
// to use it needs it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/device/cuda_options.h"
#include "engine/device/device_backend.h"

namespace lookbook {

// Loads torch's CUDA half, then the plug-in, then looks at the devices. `plugin`: its file; empty =
// lookbook_cuda.so beside this program or in ../lib/lookbook.
//
// FailedPrecondition, in one line that names what is missing: a file or library, the driver, the
// device, or a plug-in that was built from other sources than this program. InvalidArgument: an
// option, such as the number of a device that there is not.
absl::StatusOr<std::unique_ptr<DeviceBackend>> OpenCudaBackend(const CudaOptions& options,
                                                               const std::string& plugin = "");

// The plug-in's side of the border. Both sides are built from the same sources with the same
// compiler; `build` is how each knows the other.
struct CudaPluginEntry {
  const char* build;  // GitCommit().
  absl::StatusOr<std::unique_ptr<DeviceBackend>> (*open)(const CudaOptions& options);
};
inline constexpr char kCudaPluginSymbol[] = "lookbook_cuda_plugin";  // const CudaPluginEntry.

}  // namespace lookbook
