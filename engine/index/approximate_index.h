// An index that looks at a part of its vectors: IVF and HNSW.
//
// A query that only asks for the nearest `top_k` is answered from a shortlist, which may miss some.
// A query that narrows what qualifies (a filter, a min_similarity, an excluded row), or says
// `exact`, gets a pass over all qualifying vectors and the same answer as from an exact index of
// the same vectors. So does one whose shortlist came out shorter than top_k: a list is short only
// when fewer items qualify.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/faiss_index.h"
#include "engine/index/index_spec.h"
#include "engine/index/vector_index.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

// Immutable. Thread-safe: the effort of a search goes with each call.
class ApproximateIndex : public VectorIndex {
 public:
  // `effort`: of queries that do not choose one.
  // REQUIRES: `scan` is not null and its vectors passed CheckVectors(); CheckSearchEffort() passed.
  ApproximateIndex(const IndexSpec& spec, std::unique_ptr<ShortlistScan> scan, int effort)
      : spec_(spec), effort_(effort), scan_(*scan), exact_(std::move(scan), spec.text) {}

  int dim() const override { return exact_.dim(); }
  int64_t size() const override { return exact_.size(); }
  std::string spec() const override { return spec_.text; }
  std::string search() const override { return SearchEffortText(spec_, effort_); }
  int64_t memory_bytes() const override { return exact_.memory_bytes(); }
  absl::StatusOr<std::vector<std::vector<Neighbor>>> Search(
      absl::Span<const float> queries, absl::Span<const QueryOptions> options) const override;
  absl::StatusOr<std::vector<float>> Vector(int64_t row) const override {
    return exact_.Vector(row);
  }
  absl::Status Save(const std::string& path) const override { return exact_.Save(path); }

 private:
  using Lists = std::vector<std::vector<Neighbor>>;
  using Members = std::vector<size_t>;  // Positions in the batch.
  struct Batch {
    absl::Span<const float> queries;
    absl::Span<const QueryOptions> options;
  };
  int EffortOf(const QueryOptions& options) const;
  // Searches that ask the same of the graph or the lists share a call. Those whose list came out
  // short go to `exact`.
  absl::Status SearchShortlists(const Batch& batch, int64_t top_k, int effort,
                                const Members& members, Members* exact, Lists* results) const;
  absl::Status SearchExactly(const Batch& batch, const Members& members, Lists* results) const;
  std::vector<float> Gather(const Batch& batch, const Members& members) const;

  const IndexSpec spec_;
  const int effort_;
  const ShortlistScan& scan_;  // Owned by `exact_`.
  const FaissIndex exact_;
};

}  // namespace lookbook
