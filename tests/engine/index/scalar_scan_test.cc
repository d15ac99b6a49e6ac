// What is this kind's own; vector_scan_test.cc has what all keep.
#include "engine/index/scalar_scan.h"

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

class ScalarScanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LB_ASSERT_OK_AND_ASSIGN(scan_, ScalarScan::Build(SpecOf("SQ8"), kDim, vectors_));
  }
  const std::vector<float> vectors_ = ClusteredUnitVectors(kRows, kDim, 10, 0.6, 1);
  std::unique_ptr<ScalarScan> scan_;
};

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
