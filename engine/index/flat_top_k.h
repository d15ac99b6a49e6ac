// The best rows of a few queries in one pass over float32 vectors.
#pragma once

#include <cstdint>

#include "absl/types/span.h"
#include "engine/index/dot_kernels.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

// VectorScan::TopK() over all rows of `vectors`, float32[rows, dim], on the calling thread.
// Every row comes from memory once, whatever the number of queries, `queries` being float32[n,
// dim]; the time is that of reading the rows up to a handful of queries, and proportional to their
// number from there on. REQUIRES: k >= 1; finite values.
VectorScan::Hits FlatTopK(absl::Span<const float> vectors, int dim, absl::Span<const float> queries,
                          int64_t k, const DotKernel& kernel);

}  // namespace lookbook
