#include "base/running_tasks.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lookbook {
namespace {

class RunningTasksTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  RunningTasks tasks_{&clock_};
};

TEST_F(RunningTasksTest, NothingRunsAtFirst) { EXPECT_FALSE(tasks_.oldest().has_value()); }

TEST_F(RunningTasksTest, TheOldestIsTheOneThatBeganFirst) {
  auto first = std::make_unique<RunningTasks::Scope>(&tasks_, "embed");
  clock_.Advance(absl::Seconds(2));
  const RunningTasks::Scope second(&tasks_, "decode");
  clock_.Advance(absl::Seconds(3));
  ASSERT_TRUE(tasks_.oldest().has_value());
  EXPECT_EQ(tasks_.oldest()->pool, "embed");
  EXPECT_EQ(tasks_.oldest()->age, absl::Seconds(5));
  first.reset();
  EXPECT_EQ(tasks_.oldest()->pool, "decode");
  EXPECT_EQ(tasks_.oldest()->age, absl::Seconds(3));
}

TEST_F(RunningTasksTest, ATaskThatEndedIsForgotten) {
  { const RunningTasks::Scope task(&tasks_, "embed"); }
  EXPECT_FALSE(tasks_.oldest().has_value());
}

TEST(RunningTasksScopeTest, NobodyNeedsToBeTold) {
  const RunningTasks::Scope task(nullptr, "embed");
}

}  // namespace
}  // namespace lookbook
