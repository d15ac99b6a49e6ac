#include "models/commands/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(OutputFileTest, WhatCanBeWrittenIsLeftAsItIs) {
  TempDir dir;
  ASSERT_THAT(WriteFile(dir / "old", "old"), IsOk());
  for (const std::string& path : {dir / "new", dir / "old", std::string("here.csv"), std::string()})
    EXPECT_THAT(CheckOutputFile(path), IsOk()) << path;
  EXPECT_THAT(ReadFile(dir / "old"), IsOkAndHolds("old"));
  EXPECT_THAT(ListDirectory(dir.path()), IsOkAndHolds(ElementsAre("old")));
}

TEST(OutputFileTest, ErrorsAreThoseOfWritingAndNameThePath) {
  TempDir dir;
  ASSERT_THAT(WriteFile(dir / "file", ""), IsOk());
  ASSERT_THAT(MakeDirectories(dir / "folder"), IsOk());
  for (const std::string& path :
       {dir / "absent/new", dir / "file/new", dir / "folder", dir / "folder/"}) {
    const absl::Status written = WriteFileAtomic(path, "x");
    ASSERT_FALSE(written.ok()) << path;
    EXPECT_FALSE(CheckOutputFile(path).ok()) << path;
    EXPECT_THAT(CheckOutputFile(path).message(), HasSubstr(path));
  }
  EXPECT_THAT(CheckOutputFile(dir / "absent/new"), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace lookbook
