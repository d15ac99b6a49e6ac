#include "engine/cuda/cuda_backend.h"

#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "engine/cuda/counters.h"
#include "engine/cuda/cuda_embedder.h"
#include "engine/cuda/cuda_scan.h"
#include "engine/cuda/device_error.h"
#include "engine/cuda/inverted_cuda_scan.h"
#include "engine/cuda/matmul_scan.h"
#include "engine/cuda/nvml.h"
#include "engine/cuda/scan_pool.h"
#include "engine/index/approximate_index.h"
#include "engine/index/faiss_index.h"
#include "engine/index/faiss_scan.h"
#include "engine/index/inverted_scan.h"

namespace lookbook {
namespace {

absl::Status CudaStatus(absl::string_view what, cudaError_t error) {
  if (error == cudaSuccess) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(what, ": ", cudaGetErrorString(error)));
}

class CudaBackend : public DeviceBackend {
 public:
  explicit CudaBackend(const CudaOptions& options)
      : options_(options), nvml_(Nvml::Open()), health_(options.devices) {}

  absl::Status LookAtDevices() {
    for (int device : std::set<int>(options_.devices.begin(), options_.devices.end())) {
      cudaDeviceProp properties = {};
      LB_RETURN_IF_ERROR(CudaStatus(absl::StrCat("CUDA device ", device),
                                    cudaGetDeviceProperties(&properties, device)));
      char bus[32] = {};
      LB_RETURN_IF_ERROR(CudaStatus(absl::StrCat("CUDA device ", device),
                                    cudaDeviceGetPCIBusId(bus, sizeof(bus), device)));
      devices_.push_back({device, properties.name, bus});
    }
    return absl::OkStatus();
  }

  std::string Describe() const override {
    const auto name = [](std::string* out, const Device& device) {
      absl::StrAppend(out, device.number, " ", device.name);
    };
    return absl::StrCat("cuda: ", absl::StrJoin(devices_, ", ", name), ", ",
                        PrecisionName(options_.precision));
  }

  Precision precision() const override { return options_.precision; }

  absl::StatusOr<std::unique_ptr<Embedder>> OpenEmbedder(absl::string_view bytes,
                                                         const EmbedderSpec& spec) const override {
    LB_ASSIGN_OR_RETURN(std::unique_ptr<CudaEmbedder> embedder,
                        CudaEmbedder::Open(bytes, spec, options_, &counters_, &health_));
    return std::unique_ptr<Embedder>(std::move(embedder));
  }

  absl::StatusOr<std::unique_ptr<VectorIndex>> OpenIndex(const IndexSpec& spec,
                                                         const std::string& path, int dim,
                                                         int64_t rows, int effort) const override {
    if (spec.inverted_lists()) return OpenInverted(spec, path, dim, rows, effort);
    LB_ASSIGN_OR_RETURN(std::unique_ptr<FaissScan> scan, OpenFlatScan(spec, path, dim, rows));
    const std::shared_ptr<const FaissScan> host = std::move(scan);
    LB_ASSIGN_OR_RETURN(
        auto scans, OnEachDevice<VectorScan>([&](int device) { return OpenScan(device, host); }));
    return std::make_unique<FaissIndex>(std::make_unique<ScanPool>(std::move(scans)));
  }

  BackendStats Stats() const override {
    BackendStats stats;
    for (const Device& device : devices_) {
      DeviceStats& one = stats.devices.emplace_back();
      one.name = absl::StrCat(device.number);
      size_t free = 0, total = 0;
      int before = 0;
      // A thread that scrapes has no device of its own; it is left as it was.
      if (cudaGetDevice(&before) == cudaSuccess && cudaSetDevice(device.number) == cudaSuccess) {
        if (cudaMemGetInfo(&free, &total) == cudaSuccess) {
          one.memory_used_bytes = static_cast<int64_t>(total - free);
          one.memory_total_bytes = static_cast<int64_t>(total);
        }
        cudaSetDevice(before);
      }
      if (nvml_ != nullptr) one.utilization = nvml_->Utilization(device.bus);
    }
    counters_.Fill(&stats);
    return stats;
  }

  absl::Status Health() const override { return health_.status(); }

 private:
  struct Device {
    int number;
    std::string name, bus;
  };

  CudaScanOptions ScanOptions(int device) const {
    return {.device = device, .half = options_.half_index, .temp_bytes = options_.index_temp_bytes};
  }

  // `open` takes a device's number and returns a StatusOr of a pointer to a Scan.
  template <typename Scan, typename Open>
  absl::StatusOr<std::vector<std::unique_ptr<Scan>>> OnEachDevice(const Open& open) const {
    std::vector<std::unique_ptr<Scan>> scans;
    for (int device : options_.devices) {
      LB_ASSIGN_OR_RETURN(auto scan, open(device));
      scans.push_back(std::move(scan));
    }
    return scans;
  }

  absl::StatusOr<std::unique_ptr<VectorIndex>> OpenInverted(const IndexSpec& spec,
                                                            const std::string& path, int dim,
                                                            int64_t rows, int effort) const {
    LB_ASSIGN_OR_RETURN(std::unique_ptr<InvertedScan> scan,
                        InvertedScan::Read(spec, path, dim, rows));
    const std::shared_ptr<const InvertedScan> host = std::move(scan);
    LB_ASSIGN_OR_RETURN(auto scans, OnEachDevice<ShortlistScan>([&](int device) {
                          return InvertedCudaScan::Create(host, ScanOptions(device), &counters_,
                                                          &health_);
                        }));
    return std::make_unique<ApproximateIndex>(
        spec, std::make_unique<ShortlistPool>(std::move(scans)), effort);
  }

  absl::StatusOr<std::unique_ptr<VectorScan>> OpenScan(
      int device, const std::shared_ptr<const FaissScan>& host) const {
    const CudaScanOptions options = ScanOptions(device);
    if (options_.index_engine == CudaOptions::IndexEngine::kFaiss) {
      LB_ASSIGN_OR_RETURN(std::unique_ptr<CudaScan> scan,
                          CudaScan::Create(host, options, &counters_, &health_));
      return std::unique_ptr<VectorScan>(std::move(scan));
    }
    LB_ASSIGN_OR_RETURN(std::unique_ptr<MatmulScan> scan,
                        MatmulScan::Create(host, options, &counters_, &health_));
    return std::unique_ptr<VectorScan>(std::move(scan));
  }

  const CudaOptions options_;
  const std::unique_ptr<Nvml> nvml_;
  std::vector<Device> devices_;
  mutable DeviceCounters counters_;
  mutable DeviceHealth health_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceBackend>> MakeCudaBackend(const CudaOptions& options) {
  auto backend = std::make_unique<CudaBackend>(options);
  LB_RETURN_IF_ERROR(backend->LookAtDevices());
  return backend;
}

}  // namespace lookbook
