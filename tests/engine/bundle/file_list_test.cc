#include "engine/bundle/file_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

TEST(FileListTest, SafeNamesStayInTheFolder) {
  for (const char* name : {"model.ts", "golden/0.jpg", "a/b/c", "A-1_x.y"}) {
    EXPECT_TRUE(IsSafeFileName(name)) << name;
  }
  for (const char* name :
       {"", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".", "./a", "a//b", "a/", ".hidden",
        "a/.hidden", "a\\b", "a b", "a\nb", "caf\xC3\xA9", "a:b", "*"}) {
    EXPECT_FALSE(IsSafeFileName(name)) << name;
  }
  EXPECT_FALSE(IsSafeFileName(absl::string_view("a\0b", 3)));
}

TEST(FileListTest, ListsFilesOfAllFoldersSortedByName) {
  const TempDir folder;
  ASSERT_THAT(MakeDirectories(folder / "golden/deep"), IsOk());
  ASSERT_THAT(WriteFile(folder / "model.ts", "12345"), IsOk());
  ASSERT_THAT(WriteFile(folder / "golden/deep/b", ""), IsOk());
  ASSERT_THAT(WriteFile(folder / "golden/a", "1"), IsOk());

  LB_ASSERT_OK_AND_ASSIGN(const auto files, ListBundleFiles(folder.path()));
  const auto is = [](const char* name, uint64_t bytes) {
    return AllOf(Field(&BundleFile::name, name), Field(&BundleFile::bytes, bytes));
  };
  EXPECT_THAT(files, ElementsAre(is("golden/a", 1), is("golden/deep/b", 0), is("model.ts", 5)));
}

TEST(FileListTest, LinksAndSpecialFilesAreRefused) {
  const TempDir folder;
  const TempDir elsewhere;
  ASSERT_THAT(WriteFile(elsewhere / "model.ts", "x"), IsOk());
  for (const std::string& target :
       {elsewhere / "model.ts", elsewhere.path(), elsewhere / "missing"}) {
    std::filesystem::create_symlink(target, folder / "model.ts");
    const auto files = ListBundleFiles(folder.path());
    EXPECT_THAT(files, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("model.ts is a link")))
        << target;
    EXPECT_THAT(files, HasReason("manifest"));
    std::filesystem::remove(folder / "model.ts");
  }
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(ListBundleFiles(folder.path()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("pipe is not a regular file")));
}

TEST(FileListTest, OddNamesEmptyFoldersAndDeepNestingAreRefused) {
  for (const char* path : {".hidden", "a b", "empty/", "1/2/3/4/5/6/file"}) {
    const TempDir folder;
    const std::string full = folder / path;
    ASSERT_THAT(MakeDirectories(std::filesystem::path(full).parent_path().string()), IsOk());
    if (full.back() != '/') {
      ASSERT_THAT(WriteFile(full, "x"), IsOk());
    }
    EXPECT_THAT(ListBundleFiles(folder.path()), StatusIs(absl::StatusCode::kDataLoss)) << path;
  }
}

TEST(FileListTest, AMissingFolderIsAnIoError) {
  const TempDir folder;
  EXPECT_THAT(ListBundleFiles(folder / "missing"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("missing")));
  EXPECT_THAT(ListBundleFiles(folder / "missing"), HasReason("io"));
}

}  // namespace
}  // namespace lookbook
