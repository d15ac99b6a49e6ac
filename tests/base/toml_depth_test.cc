#include "base/toml_depth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(TomlDepthTest, AsManyDotsAsAreAllowedPass) {
  EXPECT_THAT(CheckTomlDepth("", "a.toml"), IsOk());
  EXPECT_THAT(CheckTomlDepth(std::string(kMaxTomlDots, '.'), "a.toml"), IsOk());
}

TEST(TomlDepthTest, OneMoreIsRefusedWithItsLine) {
  const std::string text = "a = 1\n" + std::string(kMaxTomlDots + 1, '.') + "\n";
  EXPECT_THAT(
      CheckTomlDepth(text, "a.toml"),
      StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("a.toml:2: more than 2000 dots")));
}

TEST(TomlDepthTest, DotsOfAllLinesCount) {
  std::string text;
  for (int line = 0; line <= kMaxTomlDots; ++line) text += "a.b = 1\n";
  EXPECT_THAT(CheckTomlDepth(text, "a.toml"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a.toml:2001:")));
}

}  // namespace
}  // namespace lookbook
