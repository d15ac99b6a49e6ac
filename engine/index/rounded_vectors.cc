#include "engine/index/rounded_vectors.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/index/exact_top_k.h"

namespace lookbook {
namespace {

double Length(absl::Span<const float> vector) {
  double squares = 0;
  for (const float value : vector) squares += double{value} * value;
  return std::sqrt(squares);
}

}  // namespace

void ScaleToUnit(absl::Span<float> vector) {
  const double length = Length(vector);
  for (float& value : vector) value = static_cast<float>(value / length);
}

absl::StatusOr<float> LargestLengthError(
    int64_t rows, int dim, const std::function<void(int64_t row, float* values)>& decode) {
  std::vector<float> values(static_cast<size_t>(dim));
  double error = 0;
  for (int64_t row = 0; row < rows; ++row) {
    decode(row, values.data());
    const double length = Length(values);
    if (!(length >= 0.5 && length <= 2)) {  // NaN is in no range.
      return absl::InvalidArgumentError(absl::StrCat("row ", row, " has length ", length));
    }
    error = std::max(error, std::abs(length - 1));
  }
  return static_cast<float>(error);
}

float RoundedScoreErrorBound(int dim, float length_error) {
  // |q·v - q·v/|v|| <= |q| · ||v| - 1|, and |q| <= 1.001. The sums: q·centre, q·rest with a rest of
  // length up to 3, and the decoding, whose order of operations is the compiler's.
  return 1.01f * length_error + 6 * DotErrorBound(dim);
}

std::vector<int64_t> RowsAboveExactly(const VectorScan& scan, absl::Span<const float> query,
                                      float score, const RowSet* allowed) {
  std::vector<int64_t> rows;
  std::vector<float> decoded;
  for (int64_t row = 0; row < scan.size(); ++row) {
    if (allowed != nullptr && !allowed->Contains(row)) continue;
    if (Similarity(query, scan.row(row, &decoded)) > score) rows.push_back(row);
  }
  return rows;
}

}  // namespace lookbook
