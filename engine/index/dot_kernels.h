// Dot products of a few queries with a run of rows: what exact search spends its time on.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace lookbook {

// Queries as a kernel reads them: see PackQueries().
struct PackedQueries {
  std::vector<float> values;  // float32[groups, ceil(dim / 4), kernel.group, 4]
  int groups = 0;
  int dim = 0;
};

struct DotKernel {
  const char* name;  // "avx512", "avx2" or "portable".
  int group;         // Queries that share a register.

  // scores[q * rows + r] = dot(query q, row r) in float32, with at most one rounding for each
  // product and each sum; the order of the sums is the kernel's. `vectors` is float32[rows, dim],
  // `scores` float32[groups * group, rows]; queries that only fill up a group score 0. No alignment
  // is needed. REQUIRES: `queries` was packed for this kernel.
  void (*run)(const float* vectors, int64_t rows, const PackedQueries& queries, float* scores);
};

// Those that this processor can run, fastest first; never empty.
std::vector<DotKernel> DotKernels();

// `queries` is float32[n, dim], n >= 1. Four neighbouring values of each query of a group lie side
// by side, so that one register takes them all against the same four values of a row; what is
// missing of a group or of the last four is 0.
PackedQueries PackQueries(absl::Span<const float> queries, int dim, const DotKernel& kernel);

}  // namespace lookbook
