// Embeddings to compare kinds of index on: rows to index, and queries that are not among them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace lookbook {

struct VectorSet {
  int dim = 0;
  std::vector<float> rows;     // float32[n, dim], unit rows.
  std::vector<float> queries;  // The same.

  int64_t row_count() const { return static_cast<int64_t>(rows.size()) / dim; }
  int64_t query_count() const { return static_cast<int64_t>(queries.size()) / dim; }
  absl::Span<const float> row(int64_t i) const { return Part(rows, i, 1); }
  // `count` queries from `i` on, fewer at the end.
  absl::Span<const float> queries_from(int64_t i, int64_t count) const {
    return Part(queries, i, count);
  }

 private:
  absl::Span<const float> Part(const std::vector<float>& of, int64_t i, int64_t count) const {
    return absl::MakeConstSpan(of).subspan(static_cast<size_t>(i * dim),
                                           static_cast<size_t>(count * dim));
  }
};

// Takes a tenth of the unit vectors `all`, at most 1,000, out of them as queries.
// InvalidArgument: fewer than ten.
absl::StatusOr<VectorSet> SplitVectors(std::vector<float> all, int dim, uint32_t seed);

// The embeddings of a bundle's folder, split. InvalidArgument: its index rounds them.
absl::StatusOr<VectorSet> BundleVectors(const std::string& directory, uint32_t seed);

}  // namespace lookbook
