#include "client/progress_line.h"

#include <gtest/gtest.h>

#include <sstream>

namespace lookbook {
namespace {

TEST(ProgressLineTest, EachTextReplacesTheOneBefore) {
  std::ostringstream out;
  {
    ProgressLine line(&out, /*enabled=*/true);
    line.Show("one");
    line.Show("two");
  }
  EXPECT_EQ(out.str(), "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K");
}

TEST(ProgressLineTest, TheSameTextIsWrittenOnce) {
  std::ostringstream out;
  ProgressLine line(&out, true);
  line.Show("one");
  line.Show("one");
  EXPECT_EQ(out.str(), "\r\x1b[Kone");
}

TEST(ProgressLineTest, WithoutATerminalNothingIsWritten) {
  std::ostringstream out;
  {
    ProgressLine line(&out, /*enabled=*/false);
    line.Show("one");
  }
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace lookbook
