// One index on several devices.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/vector_scan.h"

namespace lookbook {

// Searches go to the devices in turn. Thread-safe. `Scan`: VectorScan or ShortlistScan.
template <typename Scan>
class ScanPoolOf : public Scan {
 public:
  using Hits = VectorScan::Hits;

  // REQUIRES: `scans` is not empty; all hold the same vectors.
  explicit ScanPoolOf(std::vector<std::unique_ptr<Scan>> scans) : scans_(std::move(scans)) {}

  int dim() const override { return scans_[0]->dim(); }
  int64_t size() const override { return scans_[0]->size(); }
  absl::Span<const float> row(int64_t row, std::vector<float>* decoded) const override {
    return scans_[0]->row(row, decoded);
  }
  int64_t memory_bytes() const override { return scans_[0]->memory_bytes(); }
  float ScoreErrorBound() const override { return scans_[0]->ScoreErrorBound(); }
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override {
    return Next().TopK(queries, k, allowed);
  }
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override {
    return Next().RowsAbove(query, score, allowed);
  }
  absl::Status Save(const std::string& path) const override { return scans_[0]->Save(path); }

 protected:
  const Scan& Next() const { return *scans_[next_.fetch_add(1) % scans_.size()]; }

 private:
  const std::vector<std::unique_ptr<Scan>> scans_;
  mutable std::atomic<size_t> next_ = 0;
};

using ScanPool = ScanPoolOf<VectorScan>;

class ShortlistPool : public ScanPoolOf<ShortlistScan> {
 public:
  using ScanPoolOf::ScanPoolOf;
  absl::StatusOr<Hits> Shortlist(absl::Span<const float> queries, int64_t k,
                                 int effort) const override {
    return Next().Shortlist(queries, k, effort);
  }
};

}  // namespace lookbook
