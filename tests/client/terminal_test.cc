#include "client/terminal.h"

#include <limits>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr TextStyle kPlain = {.utf8 = false, .color = false};
constexpr TextStyle kUtf8 = {.utf8 = true, .color = false};
constexpr TextStyle kColor = {.utf8 = true, .color = true};

TEST(ChooseTextStyleTest, ColoursNeedATerminalThatKnowsThemAndNobodyAgainst) {
  EXPECT_TRUE(ChooseTextStyle(true, nullptr, "xterm", "UTF-8").color);
  EXPECT_TRUE(ChooseTextStyle(true, "", "xterm", "UTF-8").color);  // Set but empty counts as unset.
  EXPECT_FALSE(ChooseTextStyle(true, "1", "xterm", "UTF-8").color);
  EXPECT_FALSE(ChooseTextStyle(false, nullptr, "xterm", "UTF-8").color);
  EXPECT_FALSE(ChooseTextStyle(true, nullptr, "dumb", "UTF-8").color);
  EXPECT_FALSE(ChooseTextStyle(true, nullptr, nullptr, "UTF-8").color);
}

TEST(ChooseTextStyleTest, BlocksNeedUtf8) {
  EXPECT_TRUE(ChooseTextStyle(false, nullptr, nullptr, "UTF-8").utf8);
  EXPECT_TRUE(ChooseTextStyle(false, nullptr, nullptr, "utf-8").utf8);
  EXPECT_FALSE(ChooseTextStyle(true, nullptr, "xterm", "ANSI_X3.4-1968").utf8);
}

TEST(BarTest, FillsInEighths) {
  EXPECT_EQ(Bar(0.0, 4, kUtf8), "    ");
  EXPECT_EQ(Bar(0.5, 4, kUtf8), "██  ");
  EXPECT_EQ(Bar(1.0, 4, kUtf8), "████");
  EXPECT_EQ(Bar(1.0 / 32, 4, kUtf8), "▏   ");
  EXPECT_EQ(Bar(31.0 / 32, 4, kUtf8), "███▉");
}

TEST(BarTest, IsPlainAsciiWithoutUtf8) {
  EXPECT_EQ(Bar(0.5, 10, kPlain), "#####-----");
  EXPECT_EQ(Bar(0.0, 3, kPlain), "---");
}

TEST(BarTest, StaysInsideItsCells) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Bar(-0.7, 4, kPlain), "----");
  EXPECT_EQ(Bar(7.0, 4, kPlain), "####");
  EXPECT_EQ(Bar(nan, 4, kPlain), "----");
  EXPECT_EQ(Bar(nan, 2, kUtf8), "  ");
}

TEST(PaintTest, OnlyWithColours) {
  EXPECT_EQ(Paint("x", Ink::kBold, kColor), "\x1b[1mx\x1b[0m");
  EXPECT_EQ(Paint("x", Ink::kPlain, kColor), "x");
  EXPECT_EQ(Paint("x", Ink::kBold, kUtf8), "x");
}

TEST(PrintableTest, TakesControlCharactersAway) {
  EXPECT_EQ(Printable("red\x1b[31m\n\tdress\x7f"), "red?[31m??dress?");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "?31m");  // U+009B, the one-character escape sequence.
  EXPECT_EQ(Printable("robe d'été ✓"), "robe d'été ✓");
}

TEST(TableTest, AlignsColumnsAndEndsLinesWithoutSpaces) {
  Table table;
  table.AddRow({{"#", Ink::kPlain, true}, {"item"}, {"x"}});
  table.AddRow({{"10", Ink::kPlain, true}, {"été"}, {""}});
  EXPECT_EQ(table.Render(kUtf8, "> "), ">  #  item  x\n> 10  été\n");
}

TEST(TableTest, ColoursDoNotCountAsWidth) {
  Table table;
  table.AddRow({{"a", Ink::kBold}, {"b"}});
  table.AddRow({{"ccc"}, {"d"}});
  EXPECT_EQ(table.Render(kColor), "\x1b[1ma\x1b[0m    b\nccc  d\n");
}

}  // namespace
}  // namespace lookbook
