#include "server/open_device.h"

#include "base/prefix.h"
#include "base/status_macros.h"
#include "engine/device/cuda_plugin.h"

namespace lookbook {
namespace {

absl::StatusOr<CudaOptions> ToCudaOptions(const ServerConfig::Cuda& config) {
  CudaOptions options;
  options.devices = config.devices;
  LB_ASSIGN_OR_RETURN(options.precision, ParsePrecision(config.precision));
  options.streams = config.streams;
  options.graphs = config.graphs;
  if (config.index_engine == "faiss") options.index_engine = CudaOptions::IndexEngine::kFaiss;
  options.half_index = config.index_storage == "fp16";
  options.index_temp_bytes = config.index_temp_bytes;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceBackend>> OpenDevice(const ServerConfig& config) {
  if (config.device == "cpu") return nullptr;
  LB_ASSIGN_OR_RETURN(const CudaOptions options, ToCudaOptions(config.cuda));
  absl::StatusOr<std::unique_ptr<DeviceBackend>> backend =
      OpenCudaBackend(options, config.cuda.plugin);
  if (backend.ok()) return backend;
  return WithPrefix("device \"cuda\"", backend.status());
}

}  // namespace lookbook
