// What index_kinds_test.cc does not see: the scan itself.
#include "engine/index/scalar_scan.h"

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

class ScalarScanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LB_ASSERT_OK_AND_ASSIGN(scan_, ScalarScan::Build(SpecOf("SQ8"), kDim, vectors_));
  }
  const std::vector<float> vectors_ = ClusteredUnitVectors(kRows, kDim, 10, 0.6, 1);
  std::unique_ptr<ScalarScan> scan_;
};

// FAISS throws on k = 0: the fence turns that into a status.
TEST_F(ScalarScanTest, WhatFaissThrowsBecomesAStatus) {
  EXPECT_THAT(scan_->TopK(RandomUnitVectors(1, kDim, 2), 0, nullptr),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("FAISS search")));
}

TEST_F(ScalarScanTest, ScoresAreWithinTheErrorBound) {
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

TEST_F(ScalarScanTest, OnlyListedRowsQualify) {
  const std::vector<int64_t> allowed = {3, 77, 999};
  LB_ASSERT_OK_AND_ASSIGN(const VectorScan::Hits hits,
                          scan_->TopK(RandomUnitVectors(1, kDim, 4), 5, &allowed));
  EXPECT_THAT(hits.rows, UnorderedElementsAreArray({3, 77, 999, -1, -1}));
}

TEST_F(ScalarScanTest, AValueThatIsNoNumberIsNamed) {
  TempDir dir{TempDir::kMemory};
  ASSERT_THAT(scan_->Save(dir / "a"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(dir / "a"));
  // The last range of the quantizer: 4 bytes, then the number of codes and the codes.
  const size_t at = bytes.size() - kRows * kDim - 8 - 4;
  bytes.replace(at, 4, std::string("\0\0\xc0\x7f", 4));  // NaN.
  ASSERT_THAT(WriteFile(dir / "a", bytes), IsOk());
  EXPECT_THAT(ScalarScan::Read(SpecOf("SQ8"), dir / "a", kDim, kRows),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("row 0 has length")));
}

}  // namespace
}  // namespace lookbook
