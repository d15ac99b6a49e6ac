// Vectors that an index keeps in fewer bits. What it stores of a vector is what the bits say,
// scaled to unit length: that is what similarities are measured to, what a query by item id asks
// with, and what every answer that is called exact is exact about.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/index/row_set.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

// REQUIRES: `vector` is finite and not zero.
void ScaleToUnit(absl::Span<float> vector);

// How far from 1 the lengths of `rows` vectors of `dim` values are at most; `decode` writes one.
// InvalidArgument names the first that is not finite or far from a unit vector (length 0.5 to 2):
// no rounding of one looks like that.
absl::StatusOr<float> LargestLengthError(
    int64_t rows, int dim, const std::function<void(int64_t row, float* values)>& decode);

// An upper bound of |score - similarity to the scaled vector|, where the score is a float32 product
// with vectors whose lengths are off by `length_error` at most, summed up as a list's centre and
// what it leaves over.
float RoundedScoreErrorBound(int dim, float length_error);

// VectorScan::RowsAbove() by the similarity itself, row by row: for the few queries whose best rows
// are too close together for the scores.
std::vector<int64_t> RowsAboveExactly(const VectorScan& scan, absl::Span<const float> query,
                                      float score, const RowSet* allowed);

}  // namespace lookbook
