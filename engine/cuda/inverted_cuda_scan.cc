#include "engine/cuda/inverted_cuda_scan.h"

#include <faiss/IndexIVFFlat.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/gpu/GpuIndexIVFFlat.h>
#include <faiss/gpu/GpuIndexIVFScalarQuantizer.h>
#include <faiss/gpu/StandardGpuResources.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/cuda/memory_retry.h"

namespace lookbook {
namespace {

constexpr char kWhat[] = "index on CUDA";
constexpr int64_t kMostSelected = 128;  // Rows: what unused_scans.cc leaves. FAISS has 2048.
constexpr int kMostLists = 2048;        // GPU_MAX_SELECTION_K of FAISS.

}  // namespace

struct InvertedCudaScan::Gpu {
  // Internal: the host's index is of no kind that FAISS has on a GPU.
  absl::Status Copy(const faiss::IndexIVF& host, const CudaScanOptions& options) {
    resources.setTempMemory(static_cast<size_t>(options.temp_bytes));
    if (const auto* flat = dynamic_cast<const faiss::IndexIVFFlat*>(&host)) {
      index = Make<faiss::gpu::GpuIndexIVFFlat, faiss::gpu::GpuIndexIVFFlatConfig>(flat, options);
    } else if (const auto* rounded = dynamic_cast<const faiss::IndexIVFScalarQuantizer*>(&host)) {
      index = Make<faiss::gpu::GpuIndexIVFScalarQuantizer,
                   faiss::gpu::GpuIndexIVFScalarQuantizerConfig>(rounded, options);
    } else {
      return absl::InternalError(absl::StrCat(kWhat, ": this kind of IVF has no GPU index"));
    }
    return absl::OkStatus();
  }

  template <typename Index, typename Config, typename Host>
  std::unique_ptr<faiss::gpu::GpuIndexIVF> Make(const Host* host, const CudaScanOptions& options) {
    Config config;
    config.device = options.device;
    return std::make_unique<Index>(&resources, host, config);
  }

  faiss::gpu::StandardGpuResources resources;  // Before `index`, which uses them.
  std::unique_ptr<faiss::gpu::GpuIndexIVF> index;
  Mutex mutex;  // Held around every search, and the number of its lists.
};

// FAISS ends the process when freeing fails, and after a lost device it always does.
InvertedCudaScan::~InvertedCudaScan() {
  if (!health_.status().ok()) static_cast<void>(gpu_.release());
}

absl::StatusOr<std::unique_ptr<InvertedCudaScan>> InvertedCudaScan::Create(
    std::shared_ptr<const InvertedScan> host, const CudaScanOptions& options,
    DeviceCounters* counters, DeviceHealth* health) {
  std::unique_ptr<InvertedCudaScan> scan(
      new InvertedCudaScan(std::move(host), options, counters, health));
  LB_RETURN_IF_ERROR(CatchDeviceErrors(kWhat, *health, [&] {
    scan->gpu_ = std::make_unique<Gpu>();
    return scan->gpu_->Copy(scan->host_->index(), options);
  }));
  return scan;
}

absl::StatusOr<VectorScan::Hits> InvertedCudaScan::Search(absl::Span<const float> queries,
                                                          int64_t k, int lists) const {
  const int64_t n = static_cast<int64_t>(queries.size()) / dim();
  Hits hits{std::vector<int64_t>(n * k), std::vector<float>(n * k)};
  LB_RETURN_IF_ERROR(RetryWithEmptiedCache(kWhat, counters_, health_, [&] {
    MutexLock lock(&gpu_->mutex);
    gpu_->index->setNumProbes(lists);
    gpu_->index->search(n, queries.data(), k, hits.scores.data(), hits.rows.data());
    return absl::OkStatus();
  }));
  return hits;
}

absl::StatusOr<VectorScan::Hits> InvertedCudaScan::TopK(absl::Span<const float> queries, int64_t k,
                                                        const std::vector<int64_t>* allowed) const {
  const int lists = host_->lists();
  if (allowed == nullptr && !host_->rounded() && k <= kMostSelected && lists <= kMostLists) {
    return Search(queries, k, lists);
  }
  counters_.Count(allowed != nullptr ? Fallback::kFilter
                  : host_->rounded() ? Fallback::kExact
                                     : Fallback::kLargeK);
  return host_->TopK(queries, k, allowed);
}

absl::StatusOr<VectorScan::Hits> InvertedCudaScan::Shortlist(absl::Span<const float> queries,
                                                             int64_t k, int effort) const {
  const int64_t wanted = std::min(size(), k + kShortlistSlack);
  if (wanted <= kMostSelected && effort <= kMostLists) return Search(queries, wanted, effort);
  counters_.Count(Fallback::kLargeK);
  return host_->Shortlist(queries, k, effort);
}

absl::StatusOr<std::vector<int64_t>> InvertedCudaScan::RowsAbove(absl::Span<const float> query,
                                                                 float score,
                                                                 const RowSet* allowed) const {
  counters_.Count(Fallback::kTies);
  return host_->RowsAbove(query, score, allowed);
}

}  // namespace lookbook
