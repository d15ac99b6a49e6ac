#include "engine/cuda/cuda_scan.h"

#include <faiss/gpu/GpuIndexFlat.h>
#include <faiss/gpu/StandardGpuResources.h>

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "engine/cuda/memory_retry.h"

namespace lookbook {
namespace {

constexpr char kWhat[] = "index on CUDA";
constexpr int64_t kMostSelected = 2048;  // GPU_MAX_SELECTION_K of FAISS.

faiss::gpu::GpuIndexFlatConfig ConfigOf(const CudaScanOptions& options) {
  faiss::gpu::GpuIndexFlatConfig config;
  config.device = options.device;
  config.useFloat16 = options.half;
  return config;
}

}  // namespace

struct CudaScan::Gpu {
  Gpu(const FaissScan& host, const CudaScanOptions& options) {
    resources.setTempMemory(static_cast<size_t>(options.temp_bytes));
    index = std::make_unique<faiss::gpu::GpuIndexFlat>(
        &resources, host.dim(), faiss::METRIC_INNER_PRODUCT, ConfigOf(options));
    index->add(host.size(), host.vectors().data());
  }

  faiss::gpu::StandardGpuResources resources;  // Before `index`, which uses them.
  std::unique_ptr<faiss::gpu::GpuIndexFlat> index;
  Mutex mutex;  // Held around every search.
};

// FAISS ends the process when freeing fails, and after a lost device it always does.
CudaScan::~CudaScan() {
  if (!health_.status().ok()) static_cast<void>(gpu_.release());
}

absl::StatusOr<std::unique_ptr<CudaScan>> CudaScan::Create(std::shared_ptr<const FaissScan> host,
                                                           const CudaScanOptions& options,
                                                           DeviceCounters* counters,
                                                           DeviceHealth* health) {
  std::unique_ptr<CudaScan> scan(new CudaScan(std::move(host), options, counters, health));
  const absl::Status status = CatchDeviceErrors(kWhat, *health, [&] {
    scan->gpu_ = std::make_unique<Gpu>(*scan->host_, options);
    return absl::OkStatus();
  });
  LB_RETURN_IF_ERROR(status);
  return scan;
}

// Both vectors are rounded.
float CudaScan::ScoreErrorBound() const { return ErrorBound(2.01f); }

absl::StatusOr<VectorScan::Hits> CudaScan::TopK(absl::Span<const float> queries, int64_t k,
                                                const std::vector<int64_t>* allowed) const {
  if (allowed != nullptr || k > kMostSelected) {
    counters_.Count(allowed != nullptr ? Fallback::kFilter : Fallback::kLargeK);
    LB_ASSIGN_OR_RETURN(Hits hits, host_->TopK(queries, k, allowed));
    return hits;
  }
  const int64_t n = static_cast<int64_t>(queries.size()) / dim();
  Hits hits{std::vector<int64_t>(n * k), std::vector<float>(n * k)};
  const absl::Status status = RetryWithEmptiedCache(kWhat, counters_, health_, [&] {
    MutexLock lock(&gpu_->mutex);
    gpu_->index->search(n, queries.data(), k, hits.scores.data(), hits.rows.data());
    return absl::OkStatus();
  });
  LB_RETURN_IF_ERROR(status);
  return hits;
}

absl::StatusOr<std::vector<int64_t>> CudaScan::RowsAbove(absl::Span<const float> query, float score,
                                                         const RowSet* allowed) const {
  counters_.Count(Fallback::kTies);
  return host_->RowsAbove(query, score, allowed);
}

}  // namespace lookbook
