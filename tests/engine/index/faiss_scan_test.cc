#include "engine/index/faiss_scan.h"

#include <omp.h>

#include <cmath>
#include <limits>
#include <vector>

#include "engine/index/index_factory.h"
#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

class FaissScanTest : public ::testing::Test {
 protected:
  static constexpr int kDim = 32;
  static constexpr int64_t kRows = 2000;

  void SetUp() override { LB_ASSERT_OK_AND_ASSIGN(scan_, FaissScan::Build(kDim, vectors_)); }

  const std::vector<float> vectors_ = RandomUnitVectors(kRows, kDim, 1);
  std::unique_ptr<FaissScan> scan_;
};

// FAISS throws on k = 0: the fence turns that into a status.
TEST_F(FaissScanTest, WhatFaissThrowsBecomesAStatus) {
  EXPECT_THAT(scan_->TopK(RandomUnitVectors(1, kDim, 2), 0, nullptr),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("FAISS search")));
}

// 40 queries are FAISS's, one alone is not.
TEST_F(FaissScanTest, ABatchOfAnySizeFindsTheSame) {
  constexpr int kQueries = 40;
  const std::vector<float> queries = RandomUnitVectors(kQueries, kDim, 3);
  LB_ASSERT_OK_AND_ASSIGN(const FaissScan::Hits together, scan_->TopK(queries, 5, nullptr));
  for (int i = 0; i < kQueries; ++i) {
    LB_ASSERT_OK_AND_ASSIGN(
        const FaissScan::Hits alone,
        scan_->TopK(absl::MakeConstSpan(queries).subspan(i * kDim, kDim), 5, nullptr));
    for (int j = 0; j < 5; ++j) {
      EXPECT_EQ(alone.rows[j], together.rows[i * 5 + j]);
      EXPECT_NEAR(alone.scores[j], together.scores[i * 5 + j], 1e-6);
    }
  }
}

TEST_F(FaissScanTest, OnlyListedRowsQualify) {
  const std::vector<int64_t> allowed = {3, 77, 1999};
  LB_ASSERT_OK_AND_ASSIGN(const FaissScan::Hits hits,
                          scan_->TopK(RandomUnitVectors(1, kDim, 4), 5, &allowed));
  EXPECT_THAT(hits.rows, UnorderedElementsAreArray({3, 77, 1999, -1, -1}));
}

TEST_F(FaissScanTest, RowsAboveGivesEveryRowOverTheScore) {
  const std::vector<float> query = RandomUnitVectors(1, kDim, 5);
  const RowSet half = RandomRows(kRows, 0.5, 6);
  for (const RowSet* allowed : {static_cast<const RowSet*>(nullptr), &half}) {
    std::vector<int64_t> expected;
    for (const Neighbor& n : ReferenceSimilarities(query, vectors_)) {
      if (n.similarity > 0.2f && (allowed == nullptr || allowed->Contains(n.row)))
        expected.push_back(n.row);
    }
    ASSERT_GT(expected.size(), 20u);
    LB_ASSERT_OK_AND_ASSIGN(const std::vector<int64_t> rows,
                            scan_->RowsAbove(query, 0.2f, allowed));
    EXPECT_THAT(rows, UnorderedElementsAreArray(expected));
  }
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<int64_t> all,
                          scan_->RowsAbove(query, -std::numeric_limits<float>::max(), nullptr));
  EXPECT_EQ(all.size(), static_cast<size_t>(kRows));
}

TEST_F(FaissScanTest, ASearchLeavesTheCallersOpenMpThreadsAlone) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  for (int threads : {1, 2, 0}) {
    SetSearchThreads(threads);
    EXPECT_THAT(scan_->TopK(RandomUnitVectors(30, kDim, 7), 5, nullptr), IsOk());
    EXPECT_EQ(omp_get_max_threads(), 3);
  }
  omp_set_num_threads(before);
  SetSearchThreads(1);
}

}  // namespace
}  // namespace lookbook
