// What index_kinds_test.cc does not see: the scan itself.
#include "engine/index/graph_scan.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/files.h"
#include "tests/engine/index/index_kinds.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

constexpr int kDim = 16;
constexpr int64_t kRows = 1000;

class GraphScanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LB_ASSERT_OK_AND_ASSIGN(scan_, GraphScan::Build(SpecOf("HNSW8"), kDim, vectors_));
  }
  const std::vector<float> vectors_ = ClusteredUnitVectors(kRows, kDim, 10, 0.6, 1);
  std::unique_ptr<GraphScan> scan_;
};

// FAISS throws on k = 0: the fence turns that into a status.
TEST_F(GraphScanTest, WhatFaissThrowsBecomesAStatus) {
  EXPECT_THAT(scan_->TopK(RandomUnitVectors(1, kDim, 2), 0, nullptr),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("FAISS search")));
}

TEST_F(GraphScanTest, ScoresAreWithinTheErrorBound) {
  const std::vector<float> queries = RandomUnitVectors(20, kDim, 3);
  LB_ASSERT_OK_AND_ASSIGN(const VectorScan::Hits hits, scan_->TopK(queries, kRows, nullptr));
  std::vector<float> decoded;
  for (size_t i = 0; i < hits.rows.size(); ++i) {
    ASSERT_GE(hits.rows[i], 0);
    const auto query = absl::MakeConstSpan(queries).subspan(i / kRows * kDim, kDim);
    const float exact = ReferenceSimilarity(query, scan_->row(hits.rows[i], &decoded).data());
    ASSERT_LE(std::abs(hits.scores[i] - exact), scan_->ScoreErrorBound());
  }
}

TEST_F(GraphScanTest, OnlyListedRowsQualify) {
  const std::vector<int64_t> allowed = {3, 77, 999};
  LB_ASSERT_OK_AND_ASSIGN(const VectorScan::Hits hits,
                          scan_->TopK(RandomUnitVectors(1, kDim, 4), 5, &allowed));
  EXPECT_THAT(hits.rows, UnorderedElementsAreArray({3, 77, 999, -1, -1}));
}

// FAISS 1.7.3 takes the beam's width from k, not from the call's efSearch: a wider one must find
// more all the same.
TEST_F(GraphScanTest, AWiderBeamFindsMore) {
  const auto index = BuildKind("HNSW4", kDim, RandomUnitVectors(5000, kDim, 6));
  const std::vector<float> queries = RandomUnitVectors(100, kDim, 7);
  const std::vector<float> stored = StoredVectors(*index);
  double last = 0;
  for (const int beam : {16, 64, 512}) {
    const double recall = RecallAt10(*index, stored, queries, {.top_k = 10, .effort = beam});
    EXPECT_GT(recall, last + 0.02) << beam;
    last = recall;
  }
  EXPECT_GT(last, 0.95);
}

TEST_F(GraphScanTest, AShortlistIsAsLongAsTheBeamOrK) {
  const std::vector<float> query = RandomUnitVectors(1, kDim, 5);
  LB_ASSERT_OK_AND_ASSIGN(const VectorScan::Hits beam, scan_->Shortlist(query, 10, 64));
  EXPECT_EQ(beam.rows.size(), 64u);
  LB_ASSERT_OK_AND_ASSIGN(const VectorScan::Hits more, scan_->Shortlist(query, 200, 64));
  EXPECT_EQ(more.rows.size(), 200u);
  LB_ASSERT_OK_AND_ASSIGN(const VectorScan::Hits all, scan_->Shortlist(query, 10, 4096));
  EXPECT_EQ(all.rows.size(), static_cast<size_t>(kRows));
}

TEST_F(GraphScanTest, AVectorThatIsNoNumberIsNamed) {
  TempDir dir{TempDir::kMemory};
  ASSERT_THAT(scan_->Save(dir / "a"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(dir / "a"));
  bytes.replace(bytes.size() - 4, 4, std::string("\0\0\xc0\x7f", 4));
  ASSERT_THAT(WriteFile(dir / "a", bytes), IsOk());
  EXPECT_THAT(GraphScan::Read(SpecOf("HNSW8"), dir / "a", kDim, kRows),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("row 999")));
}

}  // namespace
}  // namespace lookbook
