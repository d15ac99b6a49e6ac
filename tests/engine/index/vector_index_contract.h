// What every VectorIndex must do. An implementation's test includes this and instantiates the
// suite:
//
//   INSTANTIATE_TEST_SUITE_P(Faiss, VectorIndexContract, ::testing::Values(&MakeFaissIndex));
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "engine/index/vector_index.h"
#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

using IndexMaker = std::unique_ptr<VectorIndex> (*)(int dim, const std::vector<float>& vectors);

class VectorIndexContract : public ::testing::TestWithParam<IndexMaker> {
 protected:
  void SetUp() override {
    if (index_ == nullptr && !HasFailure()) GTEST_SKIP() << "what runs it is not here";
  }

  static constexpr int kDim = 16;
  static constexpr int64_t kRows = 300;

  std::vector<std::vector<Neighbor>> Reference(absl::Span<const float> queries,
                                               const std::vector<QueryOptions>& options) const {
    std::vector<std::vector<Neighbor>> lists;
    for (size_t i = 0; i < options.size(); ++i) {
      lists.push_back(ReferenceSelect(
          ReferenceSimilarities(queries.subspan(i * kDim, kDim), vectors_), options[i]));
    }
    return lists;
  }

  void ExpectSame(const std::vector<std::vector<Neighbor>>& lists,
                  const std::vector<std::vector<Neighbor>>& expected) const {
    ASSERT_EQ(lists.size(), expected.size());
    for (size_t i = 0; i < lists.size(); ++i) {
      EXPECT_EQ(RowsOf(lists[i]), RowsOf(expected[i])) << "query " << i;
      EXPECT_EQ(SimilaritiesOf(lists[i]), SimilaritiesOf(expected[i])) << "query " << i;
    }
  }

  const std::vector<float> vectors_ = RandomUnitVectors(kRows, kDim, 1);
  const std::unique_ptr<VectorIndex> index_ = GetParam()(kDim, vectors_);
};

TEST_P(VectorIndexContract, SaysWhatItHolds) {
  EXPECT_EQ(index_->dim(), kDim);
  EXPECT_EQ(index_->size(), kRows);
  EXPECT_EQ(index_->spec(), "Flat");
  EXPECT_EQ(index_->search(), "");
  EXPECT_EQ(index_->memory_bytes(), kRows * kDim * 4);
}

TEST_P(VectorIndexContract, FindsItsOwnRowsFirst) {
  std::vector<QueryOptions> options(kRows, QueryOptions{.top_k = 1});
  LB_ASSERT_OK_AND_ASSIGN(auto lists, index_->Search(vectors_, options));
  for (int64_t row = 0; row < kRows; ++row) {
    ASSERT_EQ(lists[row].size(), 1u);
    EXPECT_EQ(lists[row][0].row, row);
    EXPECT_NEAR(lists[row][0].similarity, 1, 1e-6);
    EXPECT_LE(lists[row][0].similarity, 1);
  }
}

TEST_P(VectorIndexContract, EveryQueryOfABatchKeepsItsOwnOptions) {
  const std::vector<float> queries = RandomUnitVectors(6, kDim, 2);
  const RowSet half = RandomRows(kRows, 0.5, 3), none(kRows);
  RowSet one(kRows);
  one.Insert(kRows - 1);
  const std::vector<QueryOptions> options = {
      {.top_k = 5},
      {.top_k = 1000},
      {.top_k = 20, .min_similarity = 0.25f},
      {.top_k = 7, .allowed = &half, .excluded_row = 4},
      {.top_k = 3, .allowed = &none},
      {.top_k = 3, .allowed = &one},
  };
  LB_ASSERT_OK_AND_ASSIGN(auto lists, index_->Search(queries, options));
  ExpectSame(lists, Reference(queries, options));
}

TEST_P(VectorIndexContract, AnExcludedRowMakesRoomForTheNext) {
  const absl::Span<const float> query = absl::MakeConstSpan(vectors_).subspan(9 * kDim, kDim);
  const std::vector<QueryOptions> options = {{.top_k = 10, .excluded_row = 9}};
  LB_ASSERT_OK_AND_ASSIGN(auto lists, index_->Search(query, options));
  ASSERT_EQ(lists[0].size(), 10u);
  ExpectSame(lists, Reference(query, options));
  EXPECT_THAT(RowsOf(lists[0]), ::testing::Not(::testing::Contains(9)));
}

TEST_P(VectorIndexContract, MinSimilarityKeepsARowThatIsExactlyAtIt) {
  const std::vector<float> query = RandomUnitVectors(1, kDim, 4);
  LB_ASSERT_OK_AND_ASSIGN(auto lists, index_->Search(query, {QueryOptions{.top_k = 10}}));
  const float tenth = lists[0][9].similarity;
  LB_ASSERT_OK_AND_ASSIGN(
      auto at, index_->Search(query, {QueryOptions{.top_k = 50, .min_similarity = tenth}}));
  EXPECT_EQ(RowsOf(at[0]), RowsOf(lists[0]));
  const float above = std::nextafter(tenth, 2.0f);
  LB_ASSERT_OK_AND_ASSIGN(
      auto over, index_->Search(query, {QueryOptions{.top_k = 50, .min_similarity = above}}));
  EXPECT_EQ(over[0].size(), 9u);
}

TEST_P(VectorIndexContract, RefusesBadQueriesAndOptions) {
  using ::testing::HasSubstr;
  std::vector<float> query = RandomUnitVectors(1, kDim, 5);
  const auto search = [&](const std::vector<float>& values, QueryOptions options) {
    return index_->Search(values, {options}).status();
  };
  EXPECT_THAT(search({}, {}), HasReason("bad_vector"));
  EXPECT_THAT(index_->Search({}, {}).status(), HasReason("bad_vector"));
  EXPECT_THAT(search(RandomUnitVectors(1, kDim - 1, 5), {}), HasReason("bad_vector"));
  EXPECT_THAT(search(RandomUnitVectors(2, kDim, 5), {}), HasReason("bad_vector"));
  EXPECT_THAT(search(std::vector<float>(kDim, 0), {}), HasReason("bad_vector"));
  EXPECT_THAT(search(std::vector<float>(kDim, 1), {}), HasReason("bad_vector"));
  for (float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> broken = query;
    broken[3] = bad;
    EXPECT_THAT(search(broken, {}), HasReason("bad_vector"));
  }
  EXPECT_THAT(search(query, {.top_k = 0}), HasReason("bad_k"));
  EXPECT_THAT(search(query, {.top_k = kMaxTopK + 1}), HasReason("bad_k"));
  EXPECT_THAT(search(query, {.min_similarity = std::nanf("")}), HasReason("bad_similarity"));
  const RowSet other(kRows + 1);
  EXPECT_THAT(search(query, {.allowed = &other}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("301 rows")));
  EXPECT_THAT(search(query, {.excluded_row = kRows}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("excluded_row 300")));
}

TEST_P(VectorIndexContract, GivesBackTheVectorsItWasBuiltFrom) {
  LB_ASSERT_OK_AND_ASSIGN(std::vector<float> vector, index_->Vector(17));
  EXPECT_EQ(vector, std::vector<float>(vectors_.begin() + 17 * kDim, vectors_.begin() + 18 * kDim));
  EXPECT_THAT(index_->Vector(-1), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(index_->Vector(kRows), StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_P(VectorIndexContract, ManyThreadsGetTheSameAnswers) {
  const std::vector<float> queries = RandomUnitVectors(8, kDim, 6);
  const RowSet half = RandomRows(kRows, 0.5, 7);
  std::vector<QueryOptions> options(8, QueryOptions{.top_k = 20});
  options[1].allowed = options[5].allowed = &half;
  const auto expected = Reference(queries, options);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        auto lists = index_->Search(queries, options);
        ASSERT_THAT(lists, IsOk());
        ExpectSame(*lists, expected);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace lookbook
