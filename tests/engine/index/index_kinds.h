// Indexes of a kind by its text, what they store, and a comparison with brute force over that.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/index/index_factory.h"
#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

inline IndexSpec SpecOf(const std::string& text) {
  const auto spec = ParseIndexSpec(text);
  EXPECT_THAT(spec, IsOk());
  return spec.value_or(IndexSpec());
}

inline std::unique_ptr<VectorIndex> BuildKind(const std::string& text, int dim,
                                              const std::vector<float>& vectors) {
  auto index = BuildIndex(SpecOf(text), dim, vectors);
  EXPECT_THAT(index, IsOk());
  return std::move(index).value_or(nullptr);
}

// What Vector() says of every row.
inline std::vector<float> StoredVectors(const VectorIndex& index) {
  std::vector<float> all;
  for (int64_t row = 0; row < index.size(); ++row) {
    const auto vector = index.Vector(row);
    EXPECT_THAT(vector, IsOk());
    if (vector.ok()) all.insert(all.end(), vector->begin(), vector->end());
  }
  return all;
}

// Search() must give exactly what brute force over the stored vectors gives, bit for bit.
inline void ExpectExactOver(const std::vector<float>& stored, const VectorIndex& index,
                            const std::vector<float>& queries,
                            const std::vector<QueryOptions>& options) {
  const auto dim = static_cast<size_t>(index.dim());
  LB_ASSERT_OK_AND_ASSIGN(const auto lists, index.Search(queries, options));
  ASSERT_EQ(lists.size(), options.size());
  for (size_t i = 0; i < options.size(); ++i) {
    const auto query = absl::MakeConstSpan(queries).subspan(i * dim, dim);
    const auto expected = ReferenceSelect(ReferenceSimilarities(query, stored), options[i]);
    EXPECT_EQ(RowsOf(lists[i]), RowsOf(expected)) << index.spec() << " query " << i;
    EXPECT_EQ(SimilaritiesOf(lists[i]), SimilaritiesOf(expected)) << index.spec() << " query " << i;
  }
}

// Mean share of the ten best rows of `vectors` that the index returns when it is asked for ten.
inline double RecallAt10(const VectorIndex& index, const std::vector<float>& vectors,
                         const std::vector<float>& queries, const QueryOptions& options) {
  const auto dim = static_cast<size_t>(index.dim());
  const size_t count = queries.size() / dim;
  const auto lists = index.Search(queries, std::vector<QueryOptions>(count, options));
  EXPECT_THAT(lists, IsOk());
  if (!lists.ok()) return 0;
  double found = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto query = absl::MakeConstSpan(queries).subspan(i * dim, dim);
    const auto truth =
        RowsOf(ReferenceSelect(ReferenceSimilarities(query, vectors), {.top_k = 10}));
    for (const Neighbor& neighbor : (*lists)[i]) {
      found += std::count(truth.begin(), truth.end(), neighbor.row);
    }
  }
  return found / (10.0 * static_cast<double>(count));
}

}  // namespace lookbook
