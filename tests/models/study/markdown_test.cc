#include "models/study/markdown.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

TEST(MarkdownTest, ATableWithEveryCellInItsPlace) {
  MarkdownTable table({"a", "b"});
  table.AddColumn("c");
  table.AddLine({"1", "2", "3"});
  EXPECT_EQ(table.Text(), "| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n");
}

TEST(MarkdownTest, NothingIsShownAsSuchAndNoCellBreaksOut) {
  MarkdownTable table({"a", "b"});
  table.AddLine({"", "x|y\r\nz"});
  EXPECT_EQ(table.Text(), "| a | b |\n|---|---|\n| – | x\\|y  z |\n");
}

}  // namespace
}  // namespace lookbook
