#include "base/stdio_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

TEST(SystemRefusalTest, WantOfDescriptorsOrMemoryIsNotTheCallersMemory) {
  for (const int error : {EIO, EMFILE, ENFILE, ENOMEM, EACCES}) {
    const absl::Status status = SystemRefusal(error, "cannot open a");
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("cannot open a")));
    EXPECT_THAT(status, HasReason("io"));
  }
  EXPECT_THAT(SystemRefusal(EIO, "a"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Input/output error")));
}

TEST(SystemRefusalTest, AFileThatIsNotThereIsNotFound) {
  EXPECT_THAT(SystemRefusal(ENOENT, "a"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(SystemRefusal(ENOENT, "a"), HasReason("io"));
}

TEST(ShortReadTest, TheEndOfAFileIsInvalid) {
  const TempDir dir;
  ASSERT_THAT(WriteFile(dir / "short", "abc"), IsOk());
  const File file(std::fopen((dir / "short").c_str(), "rb"), &std::fclose);
  char bytes[8];
  ASSERT_EQ(std::fread(bytes, 8, 1, file.get()), 0u);
  EXPECT_THAT(ShortRead(file.get(), "short", "no header"),
              StatusIs(absl::StatusCode::kInvalidArgument, "short: no header"));
}

// A folder can be opened and not be read.
TEST(ShortReadTest, ARefusedReadSaysWhy) {
  const TempDir dir;
  const File file(std::fopen(dir.path().c_str(), "rb"), &std::fclose);
  ASSERT_NE(file, nullptr);
  char bytes[8];
  ASSERT_EQ(std::fread(bytes, 8, 1, file.get()), 0u);
  const absl::Status status = ShortRead(file.get(), "folder", "no header");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               AllOf(HasSubstr("cannot read folder"), HasSubstr("directory"))));
  EXPECT_THAT(status, HasReason("io"));
}

}  // namespace
}  // namespace lookbook
