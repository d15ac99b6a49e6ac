#include "models/report/numbers_text.h"

#include <cmath>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(NumbersTextTest, CommasEveryThreeDigits) {
  EXPECT_EQ(WithCommas(0), "0");
  EXPECT_EQ(WithCommas(999), "999");
  EXPECT_EQ(WithCommas(1000), "1,000");
  EXPECT_EQ(WithCommas(45623), "45,623");
  EXPECT_EQ(WithCommas(1234567890), "1,234,567,890");
  EXPECT_EQ(WithCommas(-100), "-100");
  EXPECT_EQ(WithCommas(-1000), "-1,000");
}

TEST(NumbersTextTest, PercentKeepsWhatIsSmall) {
  EXPECT_EQ(PercentText(int64_t{1}, 8), "12.5 %");
  EXPECT_EQ(PercentText(int64_t{0}, 8), "0.0 %");
  EXPECT_EQ(PercentText(int64_t{3}, 0), "–");
  EXPECT_EQ(PercentText(0.0023), "0.23 %");
  EXPECT_EQ(PercentText(0.000001), "< 0.01 %");
  EXPECT_EQ(PercentText(1.0), "100.0 %");
}

TEST(NumbersTextTest, BytesAndPixelsInTheirUnits) {
  EXPECT_EQ(BytesText(12), "12 B");
  EXPECT_EQ(BytesText(4096), "4.1 kB");
  EXPECT_EQ(BytesText(4.25e6), "4.2 MB");
  EXPECT_EQ(BytesText(2.24e9), "2.2 GB");
  EXPECT_EQ(PixelsText(4096), "4,096 px");
  EXPECT_EQ(PixelsText(5214.0 * 3676), "19.2 MP");
}

TEST(NumbersTextTest, AFigureThatWasNotMeasuredIsADash) {
  EXPECT_EQ(FigureText(0.12345), "0.123");
  EXPECT_EQ(FigureText(12.5, 1), "12.5");
  EXPECT_EQ(FigureText(NAN), "–");
  EXPECT_EQ(FigureText(INFINITY), "–");
}

}  // namespace
}  // namespace lookbook
