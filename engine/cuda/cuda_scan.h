// The scan of an exact index on a CUDA device: FAISS's flat GPU index proposes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/cuda/hosted_scan.h"

namespace lookbook {

// Thread-safe; one search at a time, which is what FAISS's GPU resources allow.
//
// FAISS 1.7.3 ignores SearchParameters on a GPU, and selects 2048 rows at most: searches over some
// of the rows, or for more, run on `host`, counted, and so does what settles ties (RowsAbove).
class CudaScan : public HostedScan {
 public:
  // Copies the vectors of `host` to the device and keeps `host`, which scores candidates exactly.
  // `counters` and `health` must outlive it. ResourceExhausted: they do not fit the device.
  static absl::StatusOr<std::unique_ptr<CudaScan>> Create(std::shared_ptr<const FaissScan> host,
                                                          const CudaScanOptions& options,
                                                          DeviceCounters* counters,
                                                          DeviceHealth* health);
  ~CudaScan() override;

  float ScoreErrorBound() const override;
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override;
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override;

 private:
  struct Gpu;
  using HostedScan::HostedScan;

  std::unique_ptr<Gpu> gpu_;
};

}  // namespace lookbook
