// What is this kind's own; vector_scan_test.cc has what all keep.
#include "engine/index/graph_scan.h"

#include <string>
#include <vector>

#include "base/files.h"
#include "tests/engine/index/index_kinds.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

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
