#include "server/batch/batcher.h"

#include <memory>
#include <string>
#include <vector>

#include "tests/server/batch/batch_recorder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class BatcherTest : public ::testing::Test {
 protected:
  std::unique_ptr<Batcher<int>> Start(BatcherOptions options) {
    auto batcher = Batcher<int>::Create(options, recorder_.Handlers(), &clock_);
    EXPECT_THAT(batcher, IsOk());
    return *std::move(batcher);
  }

  static absl::Status Push(Batcher<int>& batcher, int id,
                           absl::Time deadline = absl::InfiniteFuture(),
                           const std::atomic<bool>* cancelled = nullptr) {
    return batcher.Push(&id, deadline, cancelled);
  }

  // Batches take an hour, so that the last free worker has patience for half of one.
  std::unique_ptr<Batcher<int>> StartPatient(int workers) {
    auto handlers = recorder_.Handlers();
    handlers.batch_time = [] { return absl::Hours(1); };
    auto batcher =
        Batcher<int>::Create({.workers = workers, .queue = {.max_size = 8, .capacity = 8}},
                             std::move(handlers), &clock_);
    EXPECT_THAT(batcher, IsOk());
    return *std::move(batcher);
  }

  static absl::Status PushAnnounced(Batcher<int>& batcher, int id) {
    return batcher.Push(&id, absl::InfiniteFuture(), nullptr, /*announced=*/true);
  }

  ManualClock clock_;
  BatchRecorder recorder_;
};

TEST_F(BatcherTest, RunsWhatIsPushed) {
  auto batcher = Start({.workers = 1});
  ASSERT_THAT(Push(*batcher, 7), IsOk());
  recorder_.WaitForRun(1);
  EXPECT_THAT(recorder_.batches(), ElementsAre(ElementsAre(7)));
}

TEST_F(BatcherTest, WhatArrivesWhileTheWorkerIsBusyBecomesOneBatch) {
  auto batcher = Start({.workers = 1, .queue = {.max_size = 3, .capacity = 8}});
  recorder_.HoldRuns();
  ASSERT_THAT(Push(*batcher, 1), IsOk());
  recorder_.WaitForEntered(1);
  for (int id : {2, 3, 4, 5}) ASSERT_THAT(Push(*batcher, id), IsOk());
  recorder_.ReleaseRuns();
  recorder_.WaitForRun(5);
  EXPECT_THAT(recorder_.batches(),
              ElementsAre(ElementsAre(1), ElementsAre(2, 3, 4), ElementsAre(5)));
}

TEST_F(BatcherTest, ABatchThatItsDeadlinesBoundLeavesTheRestToTheNext) {
  auto handlers = recorder_.Handlers();
  handlers.query_time = [] { return absl::Seconds(10); };
  auto batcher = Batcher<int>::Create({.workers = 1, .queue = {.max_size = 8, .capacity = 8}},
                                      std::move(handlers), &clock_);
  ASSERT_THAT(batcher, IsOk());
  recorder_.HoldRuns();
  ASSERT_THAT(Push(**batcher, 1), IsOk());
  recorder_.WaitForEntered(1);
  for (int id : {2, 3, 4, 5})
    ASSERT_THAT(Push(**batcher, id, clock_.Now() + absl::Seconds(30)), IsOk());
  recorder_.ReleaseRuns();
  recorder_.WaitForRun(5);
  EXPECT_THAT(recorder_.batches(),
              ElementsAre(ElementsAre(1), ElementsAre(2, 3, 4), ElementsAre(5)));
}

TEST_F(BatcherTest, BatchesRunOnAllWorkersAtOnce) {
  auto batcher = Start({.workers = 2, .queue = {.max_size = 1, .capacity = 8}});
  recorder_.HoldRuns();
  ASSERT_THAT(Push(*batcher, 1), IsOk());
  ASSERT_THAT(Push(*batcher, 2), IsOk());
  recorder_.WaitForEntered(2);  // Both are inside `run` at the same time.
  recorder_.ReleaseRuns();
  batcher->Shutdown();
  EXPECT_THAT(recorder_.batches(), UnorderedElementsAre(ElementsAre(1), ElementsAre(2)));
}

TEST_F(BatcherTest, PartialBatchGoesWhenItsDelayIsOver) {
  auto batcher =
      Start({.workers = 1, .queue = {.max_size = 8, .max_delay = absl::Hours(2), .capacity = 8}});
  ASSERT_THAT(Push(*batcher, 1), IsOk());
  clock_.Advance(absl::Hours(2));
  ASSERT_THAT(Push(*batcher, 2), IsOk());  // A due queue wakes a worker, whatever its alarm says.
  recorder_.WaitForRun(2);
  EXPECT_THAT(recorder_.batches(), ElementsAre(ElementsAre(1, 2)));
}

TEST_F(BatcherTest, SteadyClockEndsTheDelayByItself) {
  auto batcher = Batcher<int>::Create(
      {.workers = 2, .queue = {.max_size = 8, .max_delay = absl::Milliseconds(2), .capacity = 8}},
      recorder_.Handlers(), Clock::Steady());
  ASSERT_THAT(batcher, IsOk());
  ASSERT_THAT(Push(**batcher, 1), IsOk());
  recorder_.WaitForRun(1);
}

TEST_F(BatcherTest, TheLastFreeWorkerWaitsForWhatIsAnnounced) {
  auto batcher = StartPatient(1);
  for (int id : {1, 2}) {
    batcher->Announce();
    ASSERT_THAT(PushAnnounced(*batcher, id), IsOk());
  }
  EXPECT_THAT(recorder_.batches(), IsEmpty());
  batcher->Withdraw();
  batcher->Withdraw();
  recorder_.WaitForRun(2);
  EXPECT_THAT(recorder_.batches(), ElementsAre(ElementsAre(1, 2)));
}

TEST_F(BatcherTest, AWorkerBesideAnotherFreeOneWaitsForNothing) {
  auto batcher = StartPatient(2);
  batcher->Announce();
  ASSERT_THAT(PushAnnounced(*batcher, 1), IsOk());
  recorder_.WaitForRun(1);
  batcher->Withdraw();
}

TEST_F(BatcherTest, ExpiredAndCancelledAreDroppedWithTheirReason) {
  auto batcher = Start({.workers = 1, .queue = {.max_size = 8, .capacity = 8}});
  recorder_.HoldRuns();
  ASSERT_THAT(Push(*batcher, 1), IsOk());
  recorder_.WaitForEntered(1);
  std::atomic<bool> cancelled{false};
  ASSERT_THAT(Push(*batcher, 2, clock_.Now() + absl::Seconds(1)), IsOk());
  ASSERT_THAT(Push(*batcher, 3, absl::InfiniteFuture(), &cancelled), IsOk());
  ASSERT_THAT(Push(*batcher, 4), IsOk());
  clock_.Advance(absl::Seconds(1));
  cancelled = true;
  recorder_.ReleaseRuns();
  batcher->Shutdown();
  EXPECT_THAT(recorder_.batches(), ElementsAre(ElementsAre(1), ElementsAre(4)));
  EXPECT_THAT(recorder_.dropped(), UnorderedElementsAre(Pair(2, DropReason::kDeadline),
                                                        Pair(3, DropReason::kCancelled)));
}

TEST_F(BatcherTest, FullQueueRefusesUntilTheDeadMakeRoom) {
  auto batcher = Start({.workers = 1, .queue = {.max_size = 1, .capacity = 1}});
  recorder_.HoldRuns();
  ASSERT_THAT(Push(*batcher, 1), IsOk());
  recorder_.WaitForEntered(1);
  std::atomic<bool> cancelled{false};
  ASSERT_THAT(Push(*batcher, 2, absl::InfiniteFuture(), &cancelled), IsOk());
  EXPECT_THAT(Push(*batcher, 3), HasReason("queue_full"));
  EXPECT_THAT(recorder_.dropped(), IsEmpty());

  cancelled = true;
  EXPECT_THAT(Push(*batcher, 4), IsOk());
  EXPECT_THAT(recorder_.dropped(), ElementsAre(Pair(2, DropReason::kCancelled)))
      << "answered by the thread that pushed, while the worker is still busy";
  recorder_.ReleaseRuns();
  batcher->Shutdown();
  EXPECT_THAT(recorder_.batches(), ElementsAre(ElementsAre(1), ElementsAre(4)));
}

TEST_F(BatcherTest, DropDeadSaysWhetherThereWereAny) {
  auto batcher = Start({.workers = 1, .queue = {.max_size = 1, .capacity = 4}});
  recorder_.HoldRuns();
  ASSERT_THAT(Push(*batcher, 1), IsOk());
  recorder_.WaitForEntered(1);
  ASSERT_THAT(Push(*batcher, 2, clock_.Now() + absl::Seconds(1)), IsOk());
  EXPECT_FALSE(batcher->DropDead());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(batcher->DropDead());
  EXPECT_THAT(recorder_.dropped(), ElementsAre(Pair(2, DropReason::kDeadline)));
  recorder_.ReleaseRuns();
}

TEST_F(BatcherTest, ShutdownRunsWhatWaitsAndRefusesTheRest) {
  auto batcher =
      Start({.workers = 2, .queue = {.max_size = 2, .max_delay = absl::Hours(9), .capacity = 8}});
  ASSERT_THAT(Push(*batcher, 1), IsOk());  // Would wait nine hours for company.
  batcher->Shutdown();
  EXPECT_THAT(recorder_.batches(), ElementsAre(ElementsAre(1)));
  EXPECT_THAT(Push(*batcher, 2), HasReason("draining"));
  batcher->Shutdown();
  EXPECT_EQ(batcher->depth(), 0);
}

TEST_F(BatcherTest, LastReportedQueueStateIsTheTrueOne) {
  auto batcher = Start({.workers = 1, .queue = {.max_size = 1, .capacity = 8}});
  recorder_.HoldRuns();
  ASSERT_THAT(Push(*batcher, 1), IsOk());
  recorder_.WaitForEntered(1);
  ASSERT_THAT(Push(*batcher, 2), IsOk());
  clock_.Advance(absl::Seconds(3));
  ASSERT_THAT(Push(*batcher, 3), IsOk());
  EXPECT_EQ(recorder_.depth(), 2);
  EXPECT_EQ(batcher->depth(), 2);
  EXPECT_EQ(recorder_.oldest_age(), absl::Seconds(3));
  recorder_.ReleaseRuns();
  batcher->Shutdown();
  EXPECT_EQ(recorder_.depth(), 0);
  EXPECT_EQ(recorder_.oldest_age(), absl::ZeroDuration());
}

TEST_F(BatcherTest, BadOptionsAreRefused) {
  EXPECT_THAT(Batcher<int>::Create({.queue = {.max_size = 9, .capacity = 8}}, recorder_.Handlers(),
                                   &clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("batch.capacity 8")));
  EXPECT_THAT(Batcher<int>::Create({.workers = 0}, recorder_.Handlers(), &clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("threads 0")));
}

}  // namespace
}  // namespace lookbook
