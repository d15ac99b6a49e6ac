// The exact index: a scan proposes, on the CPU or a device, and double arithmetic decides
// (exact_top_k.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/vector_index.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

// Immutable. Thread-safe. A query costs one pass over the vectors, or over the rows of its filter;
// queries without a filter share a pass, and so do queries whose `allowed` is the same object.
class FaissIndex : public VectorIndex {
 public:
  // REQUIRES: `scan` is not null and its vectors passed CheckVectors().
  explicit FaissIndex(std::unique_ptr<VectorScan> scan, std::string spec = "Flat")
      : scan_(std::move(scan)), spec_(std::move(spec)) {}

  int dim() const override { return scan_->dim(); }
  int64_t size() const override { return scan_->size(); }
  std::string spec() const override { return spec_; }
  int64_t memory_bytes() const override { return scan_->memory_bytes(); }
  absl::StatusOr<std::vector<std::vector<Neighbor>>> Search(
      absl::Span<const float> queries, absl::Span<const QueryOptions> options) const override;
  absl::StatusOr<std::vector<float>> Vector(int64_t row) const override;
  absl::Status Save(const std::string& path) const override { return scan_->Save(path); }

 private:
  // Positions in the batch of the queries that share `allowed`.
  struct Group {
    const RowSet* allowed;
    std::vector<size_t> members;
  };
  struct Batch {
    absl::Span<const float> queries;
    absl::Span<const QueryOptions> options;
  };
  static std::vector<Group> GroupByFilter(absl::Span<const QueryOptions> options);
  absl::Status SearchGroup(const Batch& batch, const Group& group,
                           std::vector<std::vector<Neighbor>>* results) const;

  const std::unique_ptr<VectorScan> scan_;
  const std::string spec_;
};

}  // namespace lookbook
