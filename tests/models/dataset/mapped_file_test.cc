#include "models/dataset/mapped_file.h"

#include "tests/models/dataset/test_folder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(MappedFileTest, ShowsTheFilesBytes) {
  TestFolder folder;
  folder.Write("f", std::string("a\0b", 3));
  LB_ASSERT_OK_AND_ASSIGN(const auto file, MappedFile::Open(folder / "f"));
  EXPECT_EQ(file->bytes(), absl::string_view("a\0b", 3));
}

TEST(MappedFileTest, AnEmptyFileHasNoBytes) {
  TestFolder folder;
  folder.Write("f", "");
  LB_ASSERT_OK_AND_ASSIGN(const auto file, MappedFile::Open(folder / "f"));
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFileTest, StaysWhenAnotherFileTakesTheName) {
  TestFolder folder;
  folder.Write("f", "old");
  LB_ASSERT_OK_AND_ASSIGN(const auto file, MappedFile::Open(folder / "f"));
  ASSERT_THAT(WriteFileAtomic(folder / "f", "new and longer"), IsOk());
  EXPECT_EQ(file->bytes(), "old");
}

TEST(MappedFileTest, SaysWhyItCannotBeOpened) {
  TestFolder folder;
  EXPECT_THAT(MappedFile::Open(folder / "none"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
  EXPECT_THAT(MappedFile::Open(folder.path()),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("not a file")));
}

}  // namespace
}  // namespace lookbook
