#include "engine/index/file_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class FileCursorTest : public ::testing::Test {
 protected:
  // "TAG!", int32 -2, int8 65, two int16 3 and 4, one byte 9.
  void SetUp() override {
    ASSERT_THAT(WriteFile(path_, std::string("TAG!\xfe\xff\xff\xff\x41\x03\0\x04\0\x09", 14)),
                IsOk());
  }
  FileCursor Open() { return FileCursor::Open(path_).value(); }

  TempDir dir_;
  const std::string path_ = dir_ / "numbers";
};

TEST_F(FileCursorTest, WalksToTheEnd) {
  FileCursor file = Open();
  EXPECT_THAT(file.ExpectTag("the tag", "TAG!"), IsOk());
  EXPECT_THAT(file.Take<int32_t>("a number"), IsOkAndHolds(-2));
  EXPECT_THAT(file.Expect<int8_t>("a byte", 65), IsOk());
  EXPECT_THAT(file.TakeArray<int16_t>("an array", 2), IsOkAndHolds(ElementsAre(3, 4)));
  EXPECT_THAT(file.ExpectEnd(), StatusIs(kInvalid, HasSubstr("1 bytes more")));
  EXPECT_THAT(file.Skip("the rest", 1, 1), IsOk());
  EXPECT_THAT(file.ExpectEnd(), IsOk());
  EXPECT_THAT(file.TakeArray<int64_t>("nothing", 0), IsOkAndHolds(::testing::IsEmpty()));
}

TEST_F(FileCursorTest, NamesWhatDiffers) {
  FileCursor file = Open();
  EXPECT_THAT(
      file.ExpectTag("the tag", "TAG?"),
      StatusIs(kInvalid, AllOf(HasSubstr(path_), HasSubstr("the tag is \"TAG!\" where \"TAG?\""))));
  EXPECT_THAT(file.Expect<int32_t>("the sign", 2),
              StatusIs(kInvalid, HasSubstr("the sign is -2 where 2 is expected")));
  EXPECT_THAT(file.Expect<uint8_t>("a byte", 66),
              StatusIs(kInvalid, HasSubstr("a byte is 65 where 66 is expected")));
}

TEST_F(FileCursorTest, NothingIsReadOrAllocatedPastTheEnd) {
  FileCursor file = Open();
  EXPECT_THAT(file.TakeArray<double>("huge", uint64_t{1} << 61),
              StatusIs(kInvalid, HasSubstr("huge is 2305843009213693952 times 8 bytes")));
  EXPECT_THAT(file.TakeArray<int32_t>("wraps", uint64_t{1} << 62), StatusIs(kInvalid));
  EXPECT_THAT(file.Skip("far", 15, 1), StatusIs(kInvalid, HasSubstr("the file ends after 14")));
  EXPECT_THAT(file.Skip("wraps", uint64_t{1} << 63, 2), StatusIs(kInvalid));
  EXPECT_THAT(file.Skip("all but two", 12, 1), IsOk());
  EXPECT_THAT(file.Take<int32_t>("a number"), StatusIs(kInvalid, HasSubstr("a number")));
  EXPECT_THAT(file.TakeTag("a tag"), StatusIs(kInvalid));
}

TEST_F(FileCursorTest, AMissingFileIsNotFound) {
  EXPECT_THAT(FileCursor::Open(dir_ / "none").status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
}

}  // namespace
}  // namespace lookbook
