// The lists of an IVF on a CUDA device: FAISS's GPU index proposes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/cuda/hosted_scan.h"
#include "engine/index/inverted_scan.h"

namespace lookbook {

// Thread-safe; one search at a time, which is what FAISS's GPU resources allow.
//
// On `host`, counted: searches over some of the rows (FAISS 1.7.3 ignores SearchParameters on a
// GPU), for more than 128 rows or in more than 2048 lists, and exact ones where vectors are
// rounded.
class InvertedCudaScan : public Hosted<ShortlistScan, InvertedScan> {
 public:
  // Copies the lists of `host` to the device, in the bits that they have there (options.half says
  // nothing here). ResourceExhausted: they do not fit.
  static absl::StatusOr<std::unique_ptr<InvertedCudaScan>> Create(
      std::shared_ptr<const InvertedScan> host, const CudaScanOptions& options,
      DeviceCounters* counters, DeviceHealth* health);
  ~InvertedCudaScan() override;

  float ScoreErrorBound() const override { return host_->ScoreErrorBound(); }
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override;
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override;
  absl::StatusOr<Hits> Shortlist(absl::Span<const float> queries, int64_t k,
                                 int effort) const override;

 private:
  struct Gpu;
  using Hosted::Hosted;
  absl::StatusOr<Hits> Search(absl::Span<const float> queries, int64_t k, int lists) const;

  std::unique_ptr<Gpu> gpu_;
};

}  // namespace lookbook
