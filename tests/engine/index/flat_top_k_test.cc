#include "engine/index/flat_top_k.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/index/index_data.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

class FlatTopKTest : public ::testing::TestWithParam<DotKernel> {
 protected:
  VectorScan::Hits Search(absl::Span<const float> vectors, int dim, absl::Span<const float> queries,
                          int64_t k) {
    return FlatTopK(vectors, dim, queries, k, GetParam());
  }
};

TEST_P(FlatTopKTest, FindsWhatSortingEveryRowFinds) {
  constexpr int kDim = 24;
  // Neither a multiple of a kernel's rows nor of a block's.
  for (const int64_t rows : {1, 3, 255, 256, 257, 3001}) {
    const std::vector<float> vectors = RandomUnitVectors(rows, kDim, 1);
    for (const int64_t n : {1, 2, 7, 8, 9, 19}) {
      const std::vector<float> queries = RandomUnitVectors(n, kDim, 2);
      const int64_t k = std::min<int64_t>(rows, 40);
      const VectorScan::Hits hits = Search(vectors, kDim, queries, k);
      for (int64_t q = 0; q < n; ++q) {
        const std::vector<Neighbor> expected = ReferenceSelect(
            ReferenceSimilarities(absl::MakeConstSpan(queries).subspan(q * kDim, kDim), vectors),
            {.top_k = static_cast<int>(k)});
        EXPECT_THAT(std::vector<int64_t>(&hits.rows[q * k], &hits.rows[q * k] + k),
                    ElementsAreArray(RowsOf(expected)))
            << rows << " rows, query " << q << " of " << n;
        for (int64_t i = 0; i < k; ++i)
          EXPECT_NEAR(hits.scores[q * k + i], expected[i].similarity, 1e-6);
      }
    }
  }
}

TEST_P(FlatTopKTest, FillsUpWithMinusOne) {
  const std::vector<float> vectors = {0, 1, 1, 0};
  const std::vector<float> query = {1, 0};
  EXPECT_THAT(Search(vectors, 2, query, 4).rows, ElementsAre(1, 0, -1, -1));
}

TEST_P(FlatTopKTest, EqualRowsFillTheListOnce) {
  std::vector<float> vectors;
  for (int i = 0; i < 600; ++i) vectors.insert(vectors.end(), {1, 0});
  const std::vector<float> query = {1, 0};
  const VectorScan::Hits hits = Search(vectors, 2, query, 5);
  std::vector<int64_t> rows = hits.rows;
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(std::unique(rows.begin(), rows.end()), rows.end());
  EXPECT_THAT(hits.scores, ElementsAre(1, 1, 1, 1, 1));
}

TEST_P(FlatTopKTest, TakesNegativeScores) {
  const std::vector<float> vectors = {-1, 0, 0, -1};
  const std::vector<float> query = {1, 0};
  const VectorScan::Hits hits = Search(vectors, 2, query, 2);
  EXPECT_THAT(hits.rows, ElementsAre(1, 0));
  EXPECT_THAT(hits.scores, ElementsAre(0, -1));
}

INSTANTIATE_TEST_SUITE_P(Processor, FlatTopKTest, ::testing::ValuesIn(DotKernels()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace lookbook
