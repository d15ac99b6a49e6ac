// What every kind of scan beside the flat one keeps; index_kinds_test.cc sees only the index around
// it.
#include "engine/index/vector_scan.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "engine/index/graph_scan.h"
#include "engine/index/inverted_scan.h"
#include "engine/index/scalar_scan.h"
#include "tests/engine/index/index_kinds.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

constexpr int kDim = 16;
constexpr int64_t kRows = 1000;

struct Kind {
  const char* name;
  absl::StatusOr<std::unique_ptr<VectorScan>> (*build)(const std::vector<float>& vectors);
};

template <typename Scan>
absl::StatusOr<std::unique_ptr<VectorScan>> Build(const char* spec,
                                                  const std::vector<float>& vectors) {
  return Scan::Build(SpecOf(spec), kDim, vectors);
}

constexpr Kind kKinds[] = {
    {"HNSW8", [](const std::vector<float>& v) { return Build<GraphScan>("HNSW8", v); }},
    {"IVF10Flat", [](const std::vector<float>& v) { return Build<InvertedScan>("IVF10,Flat", v); }},
    {"SQ8", [](const std::vector<float>& v) { return Build<ScalarScan>("SQ8", v); }},
};

class VectorScanTest : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override { LB_ASSERT_OK_AND_ASSIGN(scan_, GetParam().build(vectors_)); }

  const std::vector<float> vectors_ = ClusteredUnitVectors(kRows, kDim, 10, 0.6, 1);
  std::unique_ptr<VectorScan> scan_;
};

// FAISS throws on k = 0: the fence turns that into a status.
TEST_P(VectorScanTest, WhatFaissThrowsBecomesAStatus) {
  EXPECT_THAT(scan_->TopK(RandomUnitVectors(1, kDim, 2), 0, nullptr),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("FAISS search")));
}

TEST_P(VectorScanTest, ScoresAreWithinTheErrorBound) {
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

TEST_P(VectorScanTest, OnlyListedRowsQualify) {
  const std::vector<int64_t> allowed = {3, 77, 999};
  LB_ASSERT_OK_AND_ASSIGN(const VectorScan::Hits hits,
                          scan_->TopK(RandomUnitVectors(1, kDim, 4), 5, &allowed));
  EXPECT_THAT(hits.rows, UnorderedElementsAreArray({3, 77, 999, -1, -1}));
}

INSTANTIATE_TEST_SUITE_P(Kinds, VectorScanTest, ::testing::ValuesIn(kKinds),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace lookbook
