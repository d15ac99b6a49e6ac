#include "server/batch/batch_queue.h"

#include <initializer_list>
#include <memory>
#include <string>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);
constexpr absl::Duration kDelay = absl::Milliseconds(5);
constexpr absl::Duration kTick = absl::Microseconds(1);

absl::Status PushId(BatchQueue<int>& queue, int id, absl::Time now,
                    absl::Time deadline = absl::InfiniteFuture(),
                    const std::atomic<bool>* cancelled = nullptr) {
  return queue.Push(&id, now, deadline, cancelled);
}

TEST(BatchQueueTest, PartialBatchWaitsForItsOldestRequest) {
  BatchQueue<int> queue({.max_size = 3, .max_delay = kDelay, .capacity = 8});
  for (int id : {1, 2}) ASSERT_THAT(queue.Push(&id, kStart), IsOk());

  EXPECT_THAT(queue.PopDue(kStart + kDelay - kTick), IsEmpty());
  EXPECT_THAT(queue.PopDue(kStart + kDelay), ElementsAre(1, 2));
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueueTest, ALateArrivalDoesNotMakeTheOldestWaitLonger) {
  BatchQueue<int> queue({.max_size = 3, .max_delay = kDelay, .capacity = 8});
  ASSERT_THAT(PushId(queue, 1, kStart), IsOk());
  ASSERT_THAT(PushId(queue, 2, kStart + kDelay - kTick), IsOk());

  EXPECT_EQ(queue.NextWake(kStart + kDelay - kTick), kStart + kDelay);
  EXPECT_THAT(queue.PopDue(kStart + kDelay), ElementsAre(1, 2));
}

TEST(BatchQueueTest, FullBatchIsDueAtOnce) {
  BatchQueue<int> queue({.max_size = 3, .max_delay = kDelay, .capacity = 8});
  for (int id : {1, 2, 3, 4}) ASSERT_THAT(PushId(queue, id, kStart), IsOk());

  EXPECT_EQ(queue.NextWake(kStart), kStart);
  EXPECT_THAT(queue.PopDue(kStart), ElementsAre(1, 2, 3));
  EXPECT_THAT(queue.PopDue(kStart), IsEmpty()) << "one item alone waits for company";
  EXPECT_THAT(queue.PopDue(kStart + kDelay), ElementsAre(4));
}

TEST(BatchQueueTest, WithoutDelayWhatWaitsIsDue) {
  BatchQueue<int> queue({.max_size = 3, .max_delay = absl::ZeroDuration(), .capacity = 8});
  ASSERT_THAT(PushId(queue, 1, kStart), IsOk());

  EXPECT_THAT(queue.PopDue(kStart), ElementsAre(1));
}

// Items that were announced, as more of them are.
class PatientQueueTest : public ::testing::Test {
 protected:
  PatientQueueTest() {
    queue_.SetBatchTime(2 * kDelay);
    queue_.Announce();
  }
  absl::Status PushAnnounced(int id, absl::Time deadline = absl::InfiniteFuture()) {
    return queue_.Push(&id, kStart, deadline, nullptr, /*announced=*/true);
  }
  BatchQueue<int> queue_{{.max_size = 3, .max_delay = absl::ZeroDuration(), .capacity = 8}};
};

TEST_F(PatientQueueTest, WaitsForHalfABatch) {
  queue_.Announce();
  ASSERT_THAT(PushAnnounced(1), IsOk());
  EXPECT_EQ(queue_.NextWake(kStart), kStart + kDelay);
  EXPECT_THAT(queue_.PopDue(kStart + kDelay - kTick), IsEmpty());
  queue_.Withdraw();
  EXPECT_THAT(queue_.PopDue(kStart + kDelay - kTick), IsEmpty()) << "one is on its way still";
  EXPECT_THAT(queue_.PopDue(kStart + kDelay), ElementsAre(1)) << "patience ends";
}

TEST_F(PatientQueueTest, WhenNothingIsAnnouncedAnyMoreWhatWaitsIsDue) {
  for (int id : {1, 2}) ASSERT_THAT(PushAnnounced(id), IsOk());
  EXPECT_THAT(queue_.PopDue(kStart), IsEmpty());
  queue_.Withdraw();
  EXPECT_EQ(queue_.NextWake(kStart), kStart);
  EXPECT_THAT(queue_.PopDue(kStart), ElementsAre(1, 2));
}

TEST_F(PatientQueueTest, AFullBatchWaitsForNothing) {
  for (int id : {1, 2, 3}) ASSERT_THAT(PushAnnounced(id), IsOk());
  EXPECT_THAT(queue_.PopDue(kStart), ElementsAre(1, 2, 3));
}

TEST_F(PatientQueueTest, WhatWasNotAnnouncedWaitsForNothing) {
  ASSERT_THAT(PushAnnounced(1), IsOk());
  ASSERT_THAT(PushId(queue_, 2, kStart), IsOk());
  EXPECT_THAT(queue_.PopDue(kStart), ElementsAre(1, 2));
}

TEST_F(PatientQueueTest, ADeadlineThatALaterBatchWouldMissEndsIt) {
  ASSERT_THAT(PushAnnounced(1), IsOk());
  ASSERT_THAT(PushAnnounced(2, kStart + 4 * kDelay + kTick), IsOk());
  EXPECT_EQ(queue_.NextWake(kStart), kStart + kTick);
  EXPECT_THAT(queue_.PopDue(kStart + kTick), ElementsAre(1, 2));
}

TEST_F(PatientQueueTest, WithoutABatchTimeThereIsNone) {
  queue_.SetBatchTime(absl::ZeroDuration());
  ASSERT_THAT(PushAnnounced(1), IsOk());
  EXPECT_THAT(queue_.PopDue(kStart), ElementsAre(1));
}

TEST(BatchQueueTest, ADelayLongerThanItsPatienceHolds) {
  BatchQueue<int> queue({.max_size = 2, .max_delay = kDelay, .capacity = 8});
  queue.SetBatchTime(kDelay);
  queue.Announce();
  int id = 1;
  ASSERT_THAT(queue.Push(&id, kStart, absl::InfiniteFuture(), nullptr, true), IsOk());
  EXPECT_EQ(queue.NextWake(kStart), kStart + kDelay);
}

// Batches that take 10 ms for each item.
class BoundedBatchTest : public ::testing::Test {
 protected:
  BoundedBatchTest() { queue_.SetQueryTime(absl::Milliseconds(10)); }
  void PushDue(std::initializer_list<absl::Duration> deadlines) {
    int id = 0;
    for (const absl::Duration deadline : deadlines) {
      ++id;
      ASSERT_THAT(PushId(queue_, id, kStart, kStart + deadline), IsOk());
    }
  }
  BatchQueue<int> queue_{{.max_size = 4, .max_delay = kDelay, .capacity = 8}};
};

TEST_F(BoundedBatchTest, IsNoLargerThanItsFirstDeadlineAllows) {
  PushDue({absl::Hours(1), absl::Milliseconds(30), absl::Hours(1), absl::Hours(1)});
  EXPECT_EQ(queue_.NextWake(kStart), kStart) << "no more can stand in it: it waits for none";
  EXPECT_THAT(queue_.PopDue(kStart), ElementsAre(1, 2, 3));
  EXPECT_THAT(queue_.PopDue(kStart), IsEmpty()) << "what is left over waits as before";
  EXPECT_THAT(queue_.PopDue(kStart + kDelay), ElementsAre(4));
}

TEST_F(BoundedBatchTest, OneThatWouldBeLateInItWaitsForTheNext) {
  PushDue({absl::Hours(1), absl::Hours(1), absl::Milliseconds(30) - kTick, absl::Hours(1)});
  EXPECT_THAT(queue_.PopDue(kStart), ElementsAre(1, 2));
  EXPECT_THAT(queue_.PopDue(kStart + kDelay), ElementsAre(3, 4));
}

TEST_F(BoundedBatchTest, OneThatIsLateInAnyCaseBoundsNobody) {
  PushDue({absl::Milliseconds(10) - kTick, absl::Hours(1), absl::Hours(1), absl::Hours(1)});
  EXPECT_THAT(queue_.PopDue(kStart), ElementsAre(1, 2, 3, 4));
}

TEST_F(BoundedBatchTest, WithoutAPaceItsSizeAloneIsBounded) {
  queue_.SetQueryTime(absl::ZeroDuration());
  PushDue({kTick, kTick, kTick, kTick});
  EXPECT_THAT(queue_.PopDue(kStart), ElementsAre(1, 2, 3, 4));
}

TEST(BatchQueueTest, RefusalLeavesTheItemWithItsOwner) {
  BatchQueue<std::unique_ptr<int>> queue({.max_size = 1, .max_delay = kDelay, .capacity = 1});
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  ASSERT_THAT(queue.Push(&first, kStart), IsOk());

  const absl::Status full = queue.Push(&second, kStart);
  EXPECT_THAT(full, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("all 1 places")));
  EXPECT_THAT(full, HasReason("queue_full"));
  EXPECT_EQ(first, nullptr);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

TEST(BatchQueueTest, CapacityIsUsedToTheLastPlace) {
  BatchQueue<int> queue({.max_size = 2, .max_delay = kDelay, .capacity = 2});
  EXPECT_THAT(PushId(queue, 1, kStart), IsOk());
  EXPECT_THAT(PushId(queue, 2, kStart), IsOk());
  EXPECT_THAT(PushId(queue, 3, kStart), StatusIs(absl::StatusCode::kResourceExhausted));

  EXPECT_THAT(queue.PopDue(kStart), SizeIs(2));
  EXPECT_THAT(PushId(queue, 3, kStart), IsOk());
}

TEST(BatchQueueTest, ExpiredItemsAreHandedBackAndNeverBatched) {
  BatchQueue<int> queue({.max_size = 8, .max_delay = kDelay, .capacity = 8});
  ASSERT_THAT(PushId(queue, 1, kStart, kStart + kTick), IsOk());
  ASSERT_THAT(PushId(queue, 2, kStart), IsOk());
  ASSERT_THAT(PushId(queue, 3, kStart, kStart + kDelay), IsOk());

  EXPECT_THAT(queue.PopDropped(kStart), IsEmpty());
  EXPECT_THAT(queue.PopDue(kStart + kDelay), ElementsAre(2)) << "at the deadline it is too late";
  const auto dropped = queue.PopDropped(kStart + kDelay);
  ASSERT_THAT(dropped, SizeIs(2));
  EXPECT_EQ(dropped[0].item, 1);
  EXPECT_EQ(dropped[1].item, 3);
  EXPECT_EQ(dropped[1].reason, DropReason::kDeadline);
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueueTest, CancelledItemsAreHandedBackAndNeverBatched) {
  std::atomic<bool> cancelled{false};
  BatchQueue<int> queue({.max_size = 8, .max_delay = kDelay, .capacity = 8});
  ASSERT_THAT(PushId(queue, 1, kStart, absl::InfiniteFuture(), &cancelled), IsOk());
  ASSERT_THAT(PushId(queue, 2, kStart), IsOk());
  cancelled = true;

  EXPECT_THAT(queue.PopDue(kStart + kDelay), ElementsAre(2));
  const auto dropped = queue.PopDropped(kStart + kDelay);
  ASSERT_THAT(dropped, SizeIs(1));
  EXPECT_EQ(dropped[0].item, 1);
  EXPECT_EQ(dropped[0].reason, DropReason::kCancelled);
}

TEST(BatchQueueTest, WhatIsExpiredAndCancelledIsExpired) {
  std::atomic<bool> cancelled{true};
  BatchQueue<int> queue({.max_size = 8, .max_delay = kDelay, .capacity = 8});
  ASSERT_THAT(PushId(queue, 1, kStart, kStart + kTick, &cancelled), IsOk());
  const auto dropped = queue.PopDropped(kStart + kTick);
  ASSERT_THAT(dropped, SizeIs(1));
  EXPECT_EQ(dropped[0].reason, DropReason::kDeadline);
}

TEST(BatchQueueTest, TheDeadDoNotFillABatch) {
  std::atomic<bool> cancelled{true};
  BatchQueue<int> queue({.max_size = 2, .max_delay = kDelay, .capacity = 8});
  ASSERT_THAT(PushId(queue, 1, kStart, absl::InfiniteFuture(), &cancelled), IsOk());
  ASSERT_THAT(PushId(queue, 2, kStart), IsOk());

  EXPECT_THAT(queue.PopDue(kStart), IsEmpty()) << "one living item is not a full batch of two";
  ASSERT_THAT(PushId(queue, 3, kStart), IsOk());
  EXPECT_THAT(queue.PopDue(kStart), ElementsAre(2, 3));
}

TEST(BatchQueueTest, DelayCountsFromTheOldestThatLives) {
  BatchQueue<int> queue({.max_size = 4, .max_delay = kDelay, .capacity = 8});
  ASSERT_THAT(PushId(queue, 1, kStart, kStart + kTick), IsOk());
  ASSERT_THAT(PushId(queue, 2, kStart + 2 * kTick), IsOk());

  EXPECT_THAT(queue.PopDue(kStart + kDelay), IsEmpty());
  EXPECT_THAT(queue.PopDue(kStart + kDelay + 2 * kTick), ElementsAre(2));
}

TEST(BatchQueueTest, WakesForTheDelayTheDeadlineOrNever) {
  BatchQueue<int> queue({.max_size = 4, .max_delay = kDelay, .capacity = 8});
  EXPECT_EQ(queue.NextWake(kStart), absl::InfiniteFuture());

  ASSERT_THAT(PushId(queue, 1, kStart), IsOk());
  EXPECT_EQ(queue.NextWake(kStart), kStart + kDelay);
  ASSERT_THAT(PushId(queue, 2, kStart, kStart + kTick), IsOk());
  EXPECT_EQ(queue.NextWake(kStart), kStart + kTick);
  EXPECT_EQ(queue.NextWake(kStart + 2 * kTick), kStart + 2 * kTick) << "a dead item waits for us";
}

TEST(BatchQueueTest, ACancelledItemIsWokenForAtOnce) {
  std::atomic<bool> cancelled{true};
  BatchQueue<int> queue({.max_size = 4, .max_delay = kDelay, .capacity = 8});
  ASSERT_THAT(PushId(queue, 1, kStart, absl::InfiniteFuture(), &cancelled), IsOk());
  ASSERT_THAT(PushId(queue, 2, kStart), IsOk());

  EXPECT_EQ(queue.NextWake(kStart), kStart);
}

TEST(BatchQueueTest, ClosedQueueTakesNothingAndHoldsNothingBack) {
  BatchQueue<int> queue({.max_size = 2, .max_delay = kDelay, .capacity = 8});
  for (int id : {1, 2, 3}) ASSERT_THAT(PushId(queue, id, kStart), IsOk());
  queue.Close();

  const absl::Status refused = PushId(queue, 4, kStart);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(refused, HasReason("draining"));
  EXPECT_THAT(queue.PopDue(kStart), ElementsAre(1, 2));
  EXPECT_THAT(queue.PopDue(kStart), ElementsAre(3)) << "no wait for company that cannot come";
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueueTest, OldestAgeIsThatOfTheItemInFront) {
  BatchQueue<int> queue({.max_size = 4, .max_delay = kDelay, .capacity = 8});
  EXPECT_EQ(queue.OldestAge(kStart), absl::ZeroDuration());
  ASSERT_THAT(PushId(queue, 1, kStart), IsOk());
  ASSERT_THAT(PushId(queue, 2, kStart + kTick), IsOk());
  EXPECT_EQ(queue.OldestAge(kStart + 3 * kTick), 3 * kTick);
}

TEST(BatchQueueOptionsTest, EveryBadValueIsNamed) {
  EXPECT_THAT(CheckBatchQueueOptions({}), IsOk());
  EXPECT_THAT(CheckBatchQueueOptions({.max_size = 64, .capacity = 64}), IsOk());
  EXPECT_THAT(CheckBatchQueueOptions({.max_size = 64, .capacity = 8}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       std::string("batch.capacity 8 is below batch.max_size 64")));
  EXPECT_THAT(CheckBatchQueueOptions({.max_size = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("batch.max_size 0")));
  EXPECT_THAT(CheckBatchQueueOptions({.max_delay = -kTick}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("batch.max_delay -1us")));
  EXPECT_THAT(CheckBatchQueueOptions({.max_delay = absl::InfiniteDuration()}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("batch.max_delay")));
}

TEST(BatchQueueOptionsTest, DropReasonsHaveNames) {
  EXPECT_EQ(DropReasonName(DropReason::kDeadline), "deadline");
  EXPECT_EQ(DropReasonName(DropReason::kCancelled), "cancelled");
}

}  // namespace
}  // namespace lookbook
