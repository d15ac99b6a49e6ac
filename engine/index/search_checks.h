// What every VectorIndex refuses, in one place, so that a CPU index, a GPU index and a fake answer
// alike.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/index/vector_index.h"

namespace lookbook {

// How far from 1 the length of a "unit" vector may be.
inline constexpr double kUnitLengthTolerance = 1e-3;
// Larger than any network's embedding; keeps the error bound of exact_top_k.h small.
inline constexpr int kMaxDim = 1 << 16;
// Keeps sizes in bytes far from overflow.
inline constexpr int64_t kMaxRows = int64_t{1} << 40;

// The arguments of Search() on an index of `rows` vectors of `dim` values.
// InvalidArgument, with the query's position and the value, and a reason where a caller of the
// service can cause it: bad_vector (no query, another size than options.size() × dim, a non-finite
// value, not of unit length), bad_k (top_k below 1 or above kMaxTopK), bad_similarity
// (min_similarity is NaN). `allowed` of another size than the index and `excluded_row` outside it
// carry no reason: only a bug makes them.
absl::Status CheckSearch(absl::Span<const float> queries, absl::Span<const QueryOptions> options,
                         int dim, int64_t rows);

// The vectors of an index: float32[n, dim]. InvalidArgument names the first row that is not finite
// or not of unit length, or says that `vectors` is empty, no multiple of `dim`, or that `dim` is
// out of range.
absl::Status CheckVectors(absl::Span<const float> vectors, int dim);

// What a caller says of an index file. InvalidArgument, with `path`: `dim` or `rows` is out of
// range.
absl::Status CheckIndexShape(const std::string& path, int dim, int64_t rows);

}  // namespace lookbook
