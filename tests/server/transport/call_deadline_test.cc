#include "server/transport/call_deadline.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

using SystemClock = std::chrono::system_clock;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(5);  // Of a monotonic clock: no date.
const SystemClock::time_point kWall = SystemClock::from_time_t(1795428900);
constexpr absl::Duration kCap = absl::Seconds(10);

TEST(CallDeadlineTest, TheRestOfTheClientsTimeIsCountedFromNow) {
  EXPECT_EQ(CallDeadline(kWall + std::chrono::seconds(3), kWall, kNow, kCap),
            kNow + absl::Seconds(3));
}

TEST(CallDeadlineTest, NoDeadlineAndALongOneAreCapped) {
  EXPECT_EQ(CallDeadline(SystemClock::time_point::max(), kWall, kNow, kCap), kNow + kCap);
  EXPECT_EQ(CallDeadline(kWall + std::chrono::hours(24 * 365), kWall, kNow, kCap), kNow + kCap);
  EXPECT_EQ(CallDeadline(kWall + std::chrono::seconds(10), kWall, kNow, kCap), kNow + kCap);
}

TEST(CallDeadlineTest, APassedDeadlineStaysPassed) {
  EXPECT_EQ(CallDeadline(kWall - std::chrono::seconds(1), kWall, kNow, kCap),
            kNow - absl::Seconds(1));
  EXPECT_LE(CallDeadline(kWall, kWall, kNow, kCap), kNow);
  EXPECT_LT(CallDeadline(SystemClock::time_point::min(), kWall, kNow, kCap), kNow);
}

}  // namespace
}  // namespace lookbook
