#include "server/lifecycle/self_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/logging.h"
#include "base/reason.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SelfCheckTest : public ::testing::Test {
 protected:
  SelfCheckTest() {
    ConfigureLogging(LogLevel::kError, LogFormat::kText);
    EXPECT_THAT(machine_.Advance(ServingState::kServing), IsOk());
  }

  void Hang() {
    task_.emplace(&tasks_, "embed");
    clock_.Advance(absl::Seconds(11));
  }
  SelfCheck::Parts Parts() {
    return {&tasks_, [this] { return resident_; }, &metrics_, &machine_, [this] { ++freed_; }};
  }

  ManualClock clock_;
  RunningTasks tasks_{&clock_};
  std::optional<RunningTasks::Scope> task_;
  absl::StatusOr<int64_t> resident_ = 1000;
  int freed_ = 0;  // How often memory was given back.
  ServerMetrics metrics_{{"default"}};
  ServingStateMachine machine_{[](ServingState) {}};
  SelfCheck check_{{absl::Seconds(10), absl::Seconds(30)}, {.bytes = 1600}, Parts()};
};

TEST_F(SelfCheckTest, AServerThatIsWellServes) {
  EXPECT_THAT(check_.CheckWorkers(), IsOk());
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kServing);
}

TEST_F(SelfCheckTest, MemoryThatIsShortTurnsHealthAndThatIsFreeAgainTurnsItBack) {
  resident_ = 1700;
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kStalled);
  resident_ = 1000;
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kServing);
}

TEST_F(SelfCheckTest, MemoryIsGivenBackWhileItIsShort) {
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(freed_, 0);
  resident_ = 1700;
  for (int looks = 1; looks <= 3; ++looks) {
    EXPECT_THAT(check_.CheckMemory(), IsOk());
    EXPECT_EQ(freed_, looks);
  }
  resident_ = 1000;
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(freed_, 3);
}

TEST_F(SelfCheckTest, WorkersThatAreWellDoNotExcuseMemoryNorTheOtherWay) {
  resident_ = 1700;
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_THAT(check_.CheckWorkers(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kStalled);
  Hang();
  EXPECT_THAT(check_.CheckWorkers(), IsOk());
  resident_ = 1000;
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kStalled) << "a worker hangs still";
  task_.reset();
  EXPECT_THAT(check_.CheckWorkers(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kServing);
}

TEST_F(SelfCheckTest, FarTooMuchMemoryIsReasonToEnd) {
  resident_ = 1801;
  EXPECT_THAT(check_.CheckMemory(),
              AllOf(StatusIs(absl::StatusCode::kResourceExhausted,
                             AllOf(HasSubstr("1801"), HasSubstr("watchdog.memory"))),
                    HasReason("memory")));
}

TEST_F(SelfCheckTest, AWorkerThatWillNotGoOnIsReasonToEnd) {
  Hang();
  clock_.Advance(absl::Seconds(20));
  EXPECT_THAT(check_.CheckWorkers(),
              AllOf(StatusIs(absl::StatusCode::kDeadlineExceeded), HasReason("stuck")));
}

TEST_F(SelfCheckTest, WhatCannotBeReadChangesNothing) {
  resident_ = 1700;
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  resident_ = absl::UnavailableError("no descriptor");
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kStalled);
}

TEST_F(SelfCheckTest, AServerThatStopsStaysWhatItIs) {
  ASSERT_THAT(machine_.Advance(ServingState::kLameDuck), IsOk());
  resident_ = 1700;
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kLameDuck);
}

TEST_F(SelfCheckTest, WhatWasFoundWhileBundlesMovedIsShownAfterwards) {
  ASSERT_THAT(machine_.Advance(ServingState::kMoving), IsOk());
  resident_ = 1700;
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kMoving);
  ASSERT_THAT(machine_.Advance(ServingState::kServing), IsOk());
  EXPECT_THAT(check_.CheckMemory(), IsOk());
  EXPECT_EQ(machine_.state(), ServingState::kStalled);
}

}  // namespace
}  // namespace lookbook
