#include "client/load/stability.h"

#include <gtest/gtest.h>

#include <vector>

namespace lookbook {
namespace {

std::vector<WindowFigures> Windows(const std::vector<std::pair<double, double>>& rate_and_ms) {
  std::vector<WindowFigures> windows;
  for (const auto& [rate, ms] : rate_and_ms) windows.push_back({rate, absl::Milliseconds(ms)});
  return windows;
}

TEST(StabilityTest, ThreeWindowsWithinATenthAreStable) {
  EXPECT_TRUE(IsStable(Windows({{100, 20}, {110, 21}, {105, 22}}), {}));
}

TEST(StabilityTest, TheRateAndTheLatencyMustAgreeBoth) {
  EXPECT_FALSE(IsStable(Windows({{100, 20}, {111, 20}, {105, 20}}), {}));
  EXPECT_FALSE(IsStable(Windows({{100, 20}, {100, 22.1}, {100, 20}}), {}));
}

TEST(StabilityTest, OnlyTheLastThreeCount) {
  const auto settled = Windows({{10, 900}, {50, 90}, {100, 20}, {101, 20}, {102, 20}});
  EXPECT_TRUE(IsStable(settled, {}));
  EXPECT_FALSE(IsStable(settled, {.windows = 4}));
  EXPECT_FALSE(IsStable(Windows({{100, 20}, {100, 20}, {100, 20}, {50, 20}}), {}));
}

TEST(StabilityTest, TwoWindowsAreTooFew) {
  EXPECT_FALSE(IsStable(Windows({{100, 20}, {100, 20}}), {}));
}

TEST(StabilityTest, NothingAnsweredIsNotStable) {
  EXPECT_FALSE(IsStable(Windows({{0, 0}, {0, 0}, {0, 0}}), {}));
}

TEST(StabilityTest, TheToleranceIsTheCallers) {
  EXPECT_TRUE(IsStable(Windows({{100, 20}, {140, 20}, {120, 20}}), {.tolerance = 0.5}));
  EXPECT_FALSE(IsStable(Windows({{100, 20}, {104, 20}, {100, 20}}), {.tolerance = 0.03}));
}

}  // namespace
}  // namespace lookbook
