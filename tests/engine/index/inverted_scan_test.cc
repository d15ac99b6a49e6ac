// What is this kind's own; vector_scan_test.cc has what all keep.
#include "engine/index/inverted_scan.h"

#include <algorithm>
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

class InvertedScanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LB_ASSERT_OK_AND_ASSIGN(scan_, InvertedScan::Build(SpecOf("IVF10,Flat"), kDim, vectors_));
  }
  const std::vector<float> vectors_ = ClusteredUnitVectors(kRows, kDim, 10, 0.6, 1);
  std::unique_ptr<InvertedScan> scan_;
};

TEST_F(InvertedScanTest, AShortlistLooksIntoAsManyListsAsItIsTold) {
  const std::vector<float> query = RandomUnitVectors(1, kDim, 5);
  size_t last = 0;
  for (const int lists : {1, 3, 10}) {
    LB_ASSERT_OK_AND_ASSIGN(const VectorScan::Hits hits, scan_->Shortlist(query, kRows, lists));
    const auto found = static_cast<size_t>(
        std::count_if(hits.rows.begin(), hits.rows.end(), [](int64_t row) { return row >= 0; }));
    EXPECT_GT(found, last);
    last = found;
  }
  EXPECT_EQ(last, static_cast<size_t>(kRows));
}

TEST_F(InvertedScanTest, TooFewRowsForItsListsAreRefused) {
  EXPECT_THAT(InvertedScan::Build(SpecOf("IVF26,Flat"), kDim, vectors_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at most 25 lists")));
}

TEST_F(InvertedScanTest, ACentreOrAVectorThatIsNoNumberIsRefused) {
  TempDir dir{TempDir::kMemory};
  ASSERT_THAT(scan_->Save(dir / "a"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(dir / "a"));
  const std::string nan("\0\0\xc0\x7f", 4);
  std::string bytes = good;
  bytes.replace(37 + 16 + 37 + 8, 4, nan);  // Behind two headers, lists, nprobe and a count.
  ASSERT_THAT(WriteFile(dir / "a", bytes), IsOk());
  EXPECT_THAT(
      InvertedScan::Read(SpecOf("IVF10,Flat"), dir / "a", kDim, kRows),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a list centre is not finite")));
  bytes = good;
  const size_t codes = good.find("full") + 4 + 8 + 10 * 8;
  bytes.replace(codes, 4, nan);
  ASSERT_THAT(WriteFile(dir / "a", bytes), IsOk());
  EXPECT_THAT(InvertedScan::Read(SpecOf("IVF10,Flat"), dir / "a", kDim, kRows),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has length")));
}

}  // namespace
}  // namespace lookbook
