#include "server/lifecycle/current_watch.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();
constexpr absl::Duration kMoment = absl::Milliseconds(1);

TEST(CurrentWatchTest, WhatIsLiveIsLeftAlone) {
  CurrentWatch watch;
  EXPECT_FALSE(watch.ShouldTry("a", "a", kStart));
  EXPECT_TRUE(watch.ShouldTry("b", "a", kStart));
}

TEST(CurrentWatchTest, WhatFailedWaitsLongerEachTime) {
  CurrentWatch watch;
  absl::Time now = kStart;
  for (absl::Duration pause = CurrentWatch::kFirstPause; pause < CurrentWatch::kLongestPause;
       pause *= 2) {
    watch.Failed("bad", now);
    EXPECT_FALSE(watch.ShouldTry("bad", "a", now + pause - kMoment)) << pause;
    now += pause;
    EXPECT_TRUE(watch.ShouldTry("bad", "a", now)) << pause;
  }
  for (int i = 0; i < 5; ++i) {
    watch.Failed("bad", now);
    EXPECT_FALSE(watch.ShouldTry("bad", "a", now + CurrentWatch::kLongestPause - kMoment));
    now += CurrentWatch::kLongestPause;
    EXPECT_TRUE(watch.ShouldTry("bad", "a", now));
  }
}

TEST(CurrentWatchTest, AnotherBundleIsTriedAtOnce) {
  CurrentWatch watch;
  watch.Failed("bad", kStart);
  EXPECT_FALSE(watch.ShouldTry("bad", "a", kStart + kMoment));
  EXPECT_TRUE(watch.ShouldTry("worse", "a", kStart + kMoment));
  watch.Failed("worse", kStart);
  EXPECT_TRUE(watch.ShouldTry("worse", "a", kStart + CurrentWatch::kFirstPause))
      << "its own first pause";
}

TEST(CurrentWatchTest, GoingBackToWhatIsLiveForgetsTheFailure) {
  CurrentWatch watch;
  watch.Failed("bad", kStart);
  EXPECT_FALSE(watch.ShouldTry("a", "a", kStart));
  EXPECT_TRUE(watch.ShouldTry("bad", "a", kStart)) << "somebody wants it again";
}

}  // namespace
}  // namespace lookbook
