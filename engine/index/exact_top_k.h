// The order of search results, free of rounding: what makes a reply the same at every batch size,
// number of threads, BLAS and device.
//
// A float32 dot product depends on the order of its additions, and a BLAS chooses that order by
// batch size and by the place of a row in its block: two equal rows can get scores that differ in
// the last digit. An engine therefore only proposes candidates. They are scored again in double,
// and ExactTopK::Complete() says whether the rounding error of the engine's scores could have
// hidden a better row. If so, the engine is asked for every row above RowsAbove(), which is a
// superset of the answer.
#pragma once

#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "engine/index/vector_index.h"

namespace lookbook {

// The similarity that Search() reports: the dot product in double, rounded to float32, limited to
// [-1, 1].
// REQUIRES: a.size() == b.size().
float Similarity(absl::Span<const float> a, absl::Span<const float> b);

// The order of a reply: larger similarity first, ties by lower row.
inline bool RanksBefore(const Neighbor& a, const Neighbor& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
}

// An upper bound of |float32 dot product in any order - exact dot product| of two vectors of `dim`
// values whose lengths are 1 within kUnitLengthTolerance.
float DotErrorBound(int dim);

// The best neighbours of one query among candidates with their Similarity().
// Not thread-safe.
class ExactTopK {
 public:
  // Keeps `options.top_k` of `candidates` that pass min_similarity and excluded_row, in order. Rows
  // outside options.allowed must not be among them.
  ExactTopK(const QueryOptions& options, std::vector<Neighbor> candidates);

  // Whether no row outside the candidates can belong into the result, when the engine's score of
  // every such row is at most `worst_score`. `error_bound`: of the engine's scores, as
  // VectorScan::ScoreErrorBound() gives it.
  bool Complete(float worst_score, float error_bound) const;

  // Every row that belongs into the result has an engine's score above this.
  float RowsAbove(float error_bound) const;

  std::vector<Neighbor> Take() && { return std::move(best_); }

 private:
  std::vector<Neighbor> best_;
  float bar_;  // A row below this similarity does not belong into the result.
};

}  // namespace lookbook
