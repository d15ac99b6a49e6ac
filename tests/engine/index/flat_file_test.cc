#include "engine/index/flat_file.h"

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// What FAISS 1.7.3's write_index() made of an IndexFlatIP of the three rows {1, 0}, {0, -1}, {0.6,
// 0.8}.
constexpr uint8_t kWrittenByFaiss[] = {
    0x49, 0x78, 0x46, 0x49, 0x02, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x80, 0xbf, 0x9a, 0x99, 0x19, 0x3f, 0xcd, 0xcc, 0x4c, 0x3f};

class FlatFileTest : public ::testing::Test {
 protected:
  static constexpr int kDim = 2;
  static constexpr int64_t kRows = 3;

  void SetUp() override { ASSERT_THAT(WriteFile(path_, bytes_), IsOk()); }
  void TearDown() override { std::filesystem::remove(path_); }

  // The verdict on the file with `value` written over it at `offset`.
  template <typename T>
  absl::Status CheckWith(size_t offset, T value) {
    std::string changed = bytes_;
    std::memcpy(changed.data() + offset, &value, sizeof value);
    EXPECT_THAT(WriteFile(path_, changed), IsOk());
    return CheckFlatFile(path_, kDim, kRows);
  }

  const std::string path_ = ::testing::TempDir() + "flat_file_test." +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string bytes_{reinterpret_cast<const char*>(kWrittenByFaiss), sizeof kWrittenByFaiss};
  const std::vector<float> vectors_ = {1, 0, 0, -1, 0.6f, 0.8f};
};

TEST_F(FlatFileTest, ReadsWhatFaissWrites) {
  ASSERT_THAT(CheckFlatFile(path_, kDim, kRows), IsOk());
  std::vector<float> vectors(6);
  ASSERT_THAT(ReadFlatFile(path_, absl::MakeSpan(vectors)), IsOk());
  EXPECT_EQ(vectors, vectors_);
}

TEST_F(FlatFileTest, WritesWhatFaissWrites) {
  ASSERT_THAT(WriteFlatFile(path_, kDim, vectors_), IsOk());
  EXPECT_THAT(ReadFile(path_), IsOkAndHolds(bytes_));
}

TEST_F(FlatFileTest, RefusesAnotherShapeThanStated) {
  EXPECT_THAT(CheckFlatFile(path_, kDim + 1, kRows),
              StatusIs(kInvalid, AllOf(HasSubstr("dimension is 2"), HasSubstr("3 is expected"))));
  EXPECT_THAT(CheckFlatFile(path_, kDim, kRows + 1),
              StatusIs(kInvalid, AllOf(HasSubstr("rows is 3"), HasSubstr("4 is expected"))));
}

TEST_F(FlatFileTest, RefusesEveryDamagedHeaderField) {
  EXPECT_THAT(CheckWith<char>(3, '2'), StatusIs(kInvalid, HasSubstr("not a flat inner-product")));
  EXPECT_THAT(CheckWith<int32_t>(4, -4), StatusIs(kInvalid, HasSubstr("dimension is -4")));
  EXPECT_THAT(CheckWith<int64_t>(8, int64_t{1} << 40),
              StatusIs(kInvalid, HasSubstr("rows is 1099511627776")));
  EXPECT_THAT(CheckWith<int32_t>(33, 1), StatusIs(kInvalid, HasSubstr("metric is 1")));
  EXPECT_THAT(CheckWith<int64_t>(37, int64_t{1} << 39),
              StatusIs(kInvalid, HasSubstr("number of values")));
}

TEST_F(FlatFileTest, RefusesAFileCutOrExtendedAnywhere) {
  for (size_t length = 0; length < bytes_.size(); ++length) {
    ASSERT_THAT(WriteFile(path_, bytes_.substr(0, length)), IsOk());
    EXPECT_THAT(CheckFlatFile(path_, kDim, kRows), StatusIs(kInvalid)) << length;
  }
  ASSERT_THAT(WriteFile(path_, bytes_ + "x"), IsOk());
  EXPECT_THAT(CheckFlatFile(path_, kDim, kRows), StatusIs(kInvalid, HasSubstr("size in bytes")));
}

TEST_F(FlatFileTest, ReadingPastTheEndIsAnError) {
  std::vector<float> vectors(7);
  EXPECT_THAT(ReadFlatFile(path_, absl::MakeSpan(vectors)),
              StatusIs(kInvalid, HasSubstr("7 values")));
}

TEST_F(FlatFileTest, AMissingFileIsNotFound) {
  const std::string none = path_ + ".none";
  EXPECT_THAT(CheckFlatFile(none, kDim, kRows),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(".none")));
  EXPECT_THAT(ReadFlatFile(none, {}), StatusIs(absl::StatusCode::kNotFound, HasSubstr(".none")));
}

TEST_F(FlatFileTest, AFullDiskIsAnErrorWhetherItShowsEarlyOrAtTheClose) {
  for (int64_t rows : {3, 10000}) {
    EXPECT_THAT(WriteFlatFile("/dev/full", 4, RandomUnitVectors(rows, 4, 1)),
                StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("/dev/full")));
  }
  EXPECT_THAT(WriteFlatFile("/no/such/folder/x", kDim, vectors_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/such")));
}

}  // namespace
}  // namespace lookbook
