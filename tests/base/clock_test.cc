#include "base/clock.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

TEST(SteadyClockTest, NeverGoesBack) {
  absl::Time last = Clock::Steady()->Now();
  for (int i = 0; i < 1000; ++i) {
    const absl::Time now = Clock::Steady()->Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SteadyClockTest, IsOneClock) { EXPECT_EQ(Clock::Steady(), Clock::Steady()); }

TEST(ManualClockTest, MovesOnlyWhenTold) {
  ManualClock clock;
  const absl::Time start = clock.Now();
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(absl::Milliseconds(5));
  EXPECT_EQ(clock.Now() - start, absl::Milliseconds(5));
}

}  // namespace
}  // namespace lookbook
