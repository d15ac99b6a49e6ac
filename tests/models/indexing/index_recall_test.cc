#include "models/indexing/index_recall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/index/index_factory.h"
#include "tests/engine/index/index_data.h"
#include "tests/support/fake_index.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kDim = 16;

// Finds of the true neighbours only those whose rank is below `effort`; what it lacks is filled up
// with row 0, which is far from everything.
class RankedIndex : public FakeIndex {
 public:
  explicit RankedIndex(std::vector<float> vectors) : FakeIndex(kDim, std::move(vectors)) {}
  absl::StatusOr<std::vector<std::vector<Neighbor>>> Search(
      absl::Span<const float> queries, absl::Span<const QueryOptions> options) const override {
    auto lists = FakeIndex::Search(queries, options);
    for (size_t i = 0; lists.ok() && i < lists->size(); ++i) {
      efforts_.push_back(options[i].effort);
      for (size_t j = static_cast<size_t>(options[i].effort); j < (*lists)[i].size(); ++j)
        (*lists)[i][j] = {0, -1};
    }
    return lists;
  }
  mutable std::vector<int> efforts_;
};

// Row 0 points away from all others.
std::vector<float> Rows(int64_t rows) {
  std::vector<float> vectors = ClusteredUnitVectors(rows, kDim, 1, 0.5, 1);
  std::vector<float> mean(kDim);
  for (size_t i = 0; i < vectors.size(); ++i) mean[i % kDim] += vectors[i];
  double squares = 0;
  for (const float value : mean) squares += static_cast<double>(value) * value;
  for (int j = 0; j < kDim; ++j) vectors[j] = static_cast<float>(-mean[j] / std::sqrt(squares));
  return vectors;
}

TEST(IndexRecallTest, TheSmallestEffortThatReachesTheWantedRecall) {
  LB_ASSERT_OK_AND_ASSIGN(const IndexSpec spec, ParseIndexSpec("IVF64,Flat"));
  const std::vector<float> vectors = Rows(200);
  const RankedIndex index(vectors);
  const RecallQueries queries{.source = "validation",
                              .vectors = ClusteredUnitVectors(20, kDim, 1, 0.5, 1),
                              .own_rows = std::vector<int64_t>(20, -1)};
  LB_ASSERT_OK_AND_ASSIGN(const IndexRecall recall, MeasureRecall(spec, index, vectors, queries));
  // nprobe 8 finds eight of ten.
  EXPECT_EQ(recall.search, "nprobe=16");
  EXPECT_EQ(recall.recall, 1);
  EXPECT_EQ(recall.queries, 20);
  EXPECT_EQ(recall.source, "validation");
  EXPECT_EQ(*std::max_element(index.efforts_.begin(), index.efforts_.end()), 16);
}

TEST(IndexRecallTest, OrTheLargestThatThereIs) {
  LB_ASSERT_OK_AND_ASSIGN(const IndexSpec spec, ParseIndexSpec("IVF7,Flat"));
  const std::vector<float> vectors = Rows(200);
  const RecallQueries queries{.source = "validation",
                              .vectors = ClusteredUnitVectors(20, kDim, 1, 0.5, 1),
                              .own_rows = std::vector<int64_t>(20, -1)};
  LB_ASSERT_OK_AND_ASSIGN(const IndexRecall recall,
                          MeasureRecall(spec, RankedIndex(vectors), vectors, queries));
  EXPECT_EQ(recall.search, "nprobe=4");
  EXPECT_NEAR(recall.recall, 0.4, 1e-9);
}

TEST(IndexRecallTest, AnItemIsNotItsOwnNeighbour) {
  const std::vector<float> vectors = Rows(300);
  const RecallQueries queries = SampleItems(vectors, kDim, 1);
  EXPECT_EQ(queries.source, "items");
  ASSERT_EQ(queries.own_rows.size(), 300u);
  EXPECT_EQ(queries.vectors, vectors);
  // An exact index finds all ten others of each, and copies count for each other.
  std::vector<float> twice = vectors;
  twice.insert(twice.end(), vectors.begin(), vectors.end());
  for (const std::vector<float>& rows : {vectors, twice}) {
    LB_ASSERT_OK_AND_ASSIGN(const auto flat, BuildIndex(IndexSpec{}, kDim, rows));
    LB_ASSERT_OK_AND_ASSIGN(const IndexRecall recall,
                            MeasureRecall({}, *flat, rows, SampleItems(rows, kDim, 1)));
    EXPECT_EQ(recall.search, "");
    EXPECT_EQ(recall.recall, 1);
  }
}

TEST(IndexRecallTest, ManyItemsAreSampledBySeed) {
  const std::vector<float> vectors = RandomUnitVectors(1500, 4, 2);
  const RecallQueries a = SampleItems(vectors, 4, 7), b = SampleItems(vectors, 4, 7),
                      c = SampleItems(vectors, 4, 8);
  EXPECT_EQ(a.own_rows.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(a.own_rows.begin(), a.own_rows.end()));
  EXPECT_EQ(a.own_rows, b.own_rows);
  EXPECT_NE(a.own_rows, c.own_rows);
  for (size_t i = 0; i < a.own_rows.size(); ++i) {
    EXPECT_EQ(a.vectors[i * 4 + 1], vectors[static_cast<size_t>(a.own_rows[i]) * 4 + 1]);
  }
}

TEST(IndexRecallTest, RealKindsReachIt) {
  const std::vector<float> vectors = ClusteredUnitVectors(3000, kDim, 50, 0.5, 3);
  for (const char* text : {"SQ8", "SQfp16", "IVF32,Flat", "IVF32,SQ8", "HNSW16"}) {
    LB_ASSERT_OK_AND_ASSIGN(const IndexSpec spec, ParseIndexSpec(text));
    LB_ASSERT_OK_AND_ASSIGN(const auto index, BuildIndex(spec, kDim, vectors));
    LB_ASSERT_OK_AND_ASSIGN(const IndexRecall recall,
                            MeasureRecall(spec, *index, vectors, SampleItems(vectors, kDim, 1)));
    EXPECT_GE(recall.recall, 0.95) << text;
    EXPECT_EQ(recall.search.empty(), !spec.approximate()) << text;
    EXPECT_NE(recall.search, "nprobe=32") << "more lists than are needed";
  }
}

TEST(IndexRecallTest, OtherVectorsThanTheIndexsAreRefused) {
  const std::vector<float> vectors = RandomUnitVectors(20, kDim, 4);
  const FakeIndex index(kDim, vectors);
  const RecallQueries queries = SampleItems(vectors, kDim, 1);
  EXPECT_THAT(MeasureRecall({}, index, {vectors.data(), 19 * kDim}, queries),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("do not fit")));
  EXPECT_THAT(MeasureRecall({}, index, vectors, RecallQueries{}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
