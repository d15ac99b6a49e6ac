#include "engine/index/search_checks.h"

#include <cmath>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

// Empty when `vector` is finite and of unit length, else what is wrong with it.
std::string DescribeFault(absl::Span<const float> vector) {
  double squares = 0;
  for (float value : vector) squares += double{value} * value;
  // A NaN or an infinity anywhere makes the sum one; squares of finite floats cannot overflow a
  // double.
  if (!std::isfinite(squares)) {
    size_t at = 0;
    while (std::isfinite(vector[at])) ++at;
    return absl::StrCat("value ", at, " is ", vector[at]);
  }
  const double length = std::sqrt(squares);
  if (std::abs(length - 1) <= kUnitLengthTolerance) return "";
  return absl::StrCat("has length ", length, ", not 1");
}

absl::Status CheckOptions(const QueryOptions& options, size_t query, int64_t rows) {
  if (options.top_k < 1 || options.top_k > kMaxTopK) {
    return InvalidArgument("bad_k", absl::StrCat("query ", query, ": top_k ", options.top_k,
                                                 " is not in 1 to ", kMaxTopK));
  }
  if (std::isnan(options.min_similarity)) {
    return InvalidArgument("bad_similarity",
                           absl::StrCat("query ", query, ": min_similarity is NaN"));
  }
  if (options.allowed != nullptr && options.allowed->rows() != rows) {
    return absl::InvalidArgumentError(absl::StrCat("query ", query, ": a filter over ",
                                                   options.allowed->rows(),
                                                   " rows does not fit an index of ", rows));
  }
  if (options.excluded_row < -1 || options.excluded_row >= rows) {
    return absl::InvalidArgumentError(absl::StrCat(
        "query ", query, ": excluded_row ", options.excluded_row, " is not in -1 to ", rows - 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSearch(absl::Span<const float> queries, absl::Span<const QueryOptions> options,
                         int dim, int64_t rows) {
  const size_t stride = static_cast<size_t>(dim);
  if (options.empty() || queries.size() != options.size() * stride) {
    return InvalidArgument("bad_vector",
                           absl::StrCat(queries.size(), " values do not hold ", options.size(),
                                        " queries of ", dim, " dimensions"));
  }
  for (size_t i = 0; i < options.size(); ++i) {
    LB_RETURN_IF_ERROR(CheckOptions(options[i], i, rows));
    if (std::string fault = DescribeFault(queries.subspan(i * stride, stride)); !fault.empty()) {
      return InvalidArgument("bad_vector", absl::StrCat("query ", i, ": ", fault));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckVectors(absl::Span<const float> vectors, int dim) {
  if (dim < 1 || dim > kMaxDim) {
    return absl::InvalidArgumentError(absl::StrCat("dim ", dim, " is not in 1 to ", kMaxDim));
  }
  const size_t stride = static_cast<size_t>(dim);
  if (vectors.empty() || vectors.size() % stride != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(vectors.size(), " values are not one or more rows of ", dim, " dimensions"));
  }
  for (size_t at = 0; at < vectors.size(); at += stride) {
    if (std::string fault = DescribeFault(vectors.subspan(at, stride)); !fault.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("row ", at / stride, ": ", fault));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckIndexShape(const std::string& path, int dim, int64_t rows) {
  if (dim >= 1 && dim <= kMaxDim && rows >= 1 && rows <= kMaxRows) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", rows, " rows of ", dim, " dimensions cannot be"));
}

}  // namespace lookbook
