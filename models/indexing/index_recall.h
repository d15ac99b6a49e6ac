// What an index finds of what there is: its recall, and how far a search must look for a good one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/index/index_spec.h"
#include "engine/index/vector_index.h"

namespace lookbook {

inline constexpr int kRecallTop = 10;
inline constexpr int64_t kMaxRecallQueries = 1000;
inline constexpr double kWantedRecall = 0.95;

struct RecallQueries {
  std::string source;             // "validation", or "items".
  std::vector<float> vectors;     // float32[n, dim], unit rows.
  std::vector<int64_t> own_rows;  // Each one's own row in the index, -1 = it is not there.
};

// At most kMaxRecallQueries of the rows of `vectors`, drawn by `seed`, in order.
// REQUIRES: `vectors` is float32[n, dim] with n >= 1.
RecallQueries SampleItems(absl::Span<const float> vectors, int dim, int64_t seed);

struct IndexRecall {
  std::string search;  // SearchEffortText() of what was measured.
  // Mean share of the kRecallTop most similar items by `vectors` (all of a smaller set), a query's
  // own row left out, that the index returns. An item as similar as the last of them counts as it:
  // copies cannot be told apart.
  double recall = 0;
  int64_t queries = 0;
  std::string source;
};

// The recall of `index`, built from `vectors`, with the smallest of SearchEfforts() that reaches
// kWantedRecall, or with the largest.
// InvalidArgument: no query, or other vectors than the index's. Errors of BuildIndex() and Search()
// come back as they are.
absl::StatusOr<IndexRecall> MeasureRecall(const IndexSpec& spec, const VectorIndex& index,
                                          absl::Span<const float> vectors,
                                          const RecallQueries& queries);

}  // namespace lookbook
