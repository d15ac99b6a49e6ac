// Candidates and their similarities to a query, by double arithmetic.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/index/exact_top_k.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

// Rows of -1 are left out.
inline std::vector<Neighbor> ScoreRows(const VectorScan& scan, absl::Span<const float> query,
                                       absl::Span<const int64_t> rows) {
  std::vector<Neighbor> scored;
  scored.reserve(rows.size());
  std::vector<float> decoded;
  for (const int64_t row : rows) {
    if (row >= 0) scored.push_back({row, Similarity(query, scan.row(row, &decoded))});
  }
  return scored;
}

}  // namespace lookbook
