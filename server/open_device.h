// Where a server's models and indexes run.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "engine/device/device_backend.h"
#include "server/config/server_config.h"

namespace lookbook {

// What config.device names; null for the CPU. Errors are those of OpenCudaBackend(), with the
// device in front.
absl::StatusOr<std::unique_ptr<DeviceBackend>> OpenDevice(const ServerConfig& config);

}  // namespace lookbook
