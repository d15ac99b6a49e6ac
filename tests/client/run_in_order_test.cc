#include "client/run_in_order.h"

#include <set>
#include <vector>

#include "absl/synchronization/notification.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

TEST(RunInOrderTest, ResultsComeInOrderHoweverTheyFinish) {
  absl::Notification last_is_done;
  std::vector<int> seen;
  const auto status = RunInOrder<int>(
      4, 4,
      [&](int index) {
        if (index == 3) last_is_done.Notify();
        if (index == 0) last_is_done.WaitForNotification();  // The first finishes last.
        return index * index;
      },
      [&](int square) {
        seen.push_back(square);
        return true;
      });
  EXPECT_THAT(status, IsOk());
  EXPECT_THAT(seen, ElementsAre(0, 1, 4, 9));
}

TEST(RunInOrderTest, RunsEverythingOnOneThreadOrMany) {
  for (int threads : {1, 2, 7}) {
    int sum = 0;
    ASSERT_THAT(RunInOrder<int>(
                    100, threads, [](int index) { return index; },
                    [&](int value) {
                      sum += value;
                      return true;
                    }),
                IsOk());
    EXPECT_EQ(sum, 4950) << threads;
  }
}

TEST(RunInOrderTest, StopsWhenTheConsumerHasEnough) {
  std::atomic<int> worked{0};
  int consumed = 0;
  ASSERT_THAT(
      RunInOrder<int>(
          1000, 2, [&](int index) { return ++worked, index; }, [&](int) { return ++consumed < 3; }),
      IsOk());
  EXPECT_EQ(consumed, 3);
  EXPECT_LE(worked, 3 + 4);  // What was taken and at most 2 * threads ahead.
}

TEST(RunInOrderTest, NothingToDoIsDone) {
  EXPECT_THAT(RunInOrder<int>(
                  0, 1, [](int index) { return index; }, [](int) { return true; }),
              IsOk());
}

TEST(RunInOrderTest, NeedsAThread) {
  EXPECT_THAT(RunInOrder<int>(
                  1, 0, [](int index) { return index; }, [](int) { return true; }),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
