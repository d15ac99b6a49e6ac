#include "base/program_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace lookbook {
namespace {

TEST(ProgramPathTest, IsTheRunningTestWhateverItWasCalledBy) {
  const std::string path = ProgramPath();
  EXPECT_THAT(path, ::testing::StartsWith("/"));
  EXPECT_THAT(path, ::testing::EndsWith("/base_program_path_test"));
  EXPECT_TRUE(PathExists(path));
}

}  // namespace
}  // namespace lookbook
