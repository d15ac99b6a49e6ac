#include "server/lifecycle/watchdog.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lookbook {
namespace {

using Verdict = WatchdogFinding::Verdict;

class WatchdogTest : public ::testing::Test {
 protected:
  void Begin(const char* pool) { task_.emplace(&tasks_, pool); }
  void End() { task_.reset(); }

  ManualClock clock_;
  RunningTasks tasks_{&clock_};
  std::optional<RunningTasks::Scope> task_;
  Watchdog watchdog_{{absl::Seconds(10), absl::Seconds(30)}, &tasks_};
};

TEST_F(WatchdogTest, AnIdleServerIsWellHoweverLong) {
  clock_.Advance(absl::Hours(5));
  const WatchdogFinding finding = watchdog_.Look();
  EXPECT_EQ(finding.verdict, Verdict::kWell);
  EXPECT_FALSE(finding.changed);
}

TEST_F(WatchdogTest, ATaskMayTakeAsLongAsTheLimit) {
  Begin("embed");
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(watchdog_.Look().verdict, Verdict::kWell);
}

TEST_F(WatchdogTest, ATaskPastTheLimitIsNamedOnce) {
  Begin("embed");
  clock_.Advance(absl::Seconds(11));
  WatchdogFinding finding = watchdog_.Look();
  EXPECT_EQ(finding.verdict, Verdict::kStalled);
  EXPECT_TRUE(finding.changed);
  EXPECT_EQ(finding.pool, "embed");
  EXPECT_EQ(finding.age, absl::Seconds(11));
  finding = watchdog_.Look();
  EXPECT_EQ(finding.verdict, Verdict::kStalled);
  EXPECT_FALSE(finding.changed);
}

TEST_F(WatchdogTest, WhenItGoesOnAllIsWellAgain) {
  Begin("decode");
  clock_.Advance(absl::Seconds(11));
  watchdog_.Look();
  End();
  const WatchdogFinding finding = watchdog_.Look();
  EXPECT_EQ(finding.verdict, Verdict::kWell);
  EXPECT_TRUE(finding.changed);
}

TEST_F(WatchdogTest, AnotherPoolThatHangsIsNamedToo) {
  Begin("decode");
  std::optional<RunningTasks::Scope> embed(std::in_place, &tasks_, "embed");
  clock_.Advance(absl::Seconds(11));
  EXPECT_EQ(watchdog_.Look().pool, "decode");
  End();
  const WatchdogFinding finding = watchdog_.Look();
  EXPECT_EQ(finding.verdict, Verdict::kStalled);
  EXPECT_TRUE(finding.changed);
  EXPECT_EQ(finding.pool, "embed");
}

TEST_F(WatchdogTest, ATaskFarPastTheLimitIsGivenUp) {
  Begin("embed");
  clock_.Advance(absl::Seconds(31));
  EXPECT_EQ(watchdog_.Look().verdict, Verdict::kGiveUp);
}

TEST_F(WatchdogTest, ManyShortTasksAreNoLongOne) {
  for (int i = 0; i < 100; ++i) {
    Begin("embed");
    clock_.Advance(absl::Seconds(9));
    EXPECT_EQ(watchdog_.Look().verdict, Verdict::kWell);
    End();
  }
}

}  // namespace
}  // namespace lookbook
