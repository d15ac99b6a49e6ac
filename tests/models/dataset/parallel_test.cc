#include "models/dataset/parallel.h"

#include <stdlib.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/stop_signal.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

TEST(ParallelForTest, CallsEachItemOnce) {
  for (int threads : {1, 2, 5}) {
    std::vector<std::atomic<int>> calls(100);
    EXPECT_THAT(ParallelFor(100, {"test", threads, nullptr},
                            [&](int64_t i) {
                              ++calls[i];
                              return absl::OkStatus();
                            }),
                IsOk());
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
}

TEST(ParallelForTest, NoItemIsNoWork) {
  EXPECT_THAT(
      ParallelFor(0, {"test", 2, nullptr}, [](int64_t) { return absl::InternalError("called"); }),
      IsOk());
}

TEST(ParallelForTest, FirstFailureStopsTheRest) {
  std::atomic<int> calls = 0;
  const absl::Status status = ParallelFor(1'000'000, {"test", 2, nullptr}, [&](int64_t i) {
    ++calls;
    return i == 3 ? absl::DataLossError("item 3") : absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, "item 3"));
  EXPECT_LT(calls, 1'000'000);
}

TEST(ParallelForTest, OfTwoFailuresTheLowerIndexIsTold) {
  // Both threads are inside an item before either fails.
  std::atomic<int> inside = 0;
  const absl::Status status = ParallelFor(2, {"test", 2, nullptr}, [&](int64_t i) {
    ++inside;
    while (inside < 2) {
    }
    return absl::DataLossError(absl::StrCat("item ", i));
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, "item 0"));
}

TEST(ParallelForTest, ExceptionsBecomeAStatus) {
  EXPECT_THAT(ParallelFor(1, {"test", 1, nullptr},
                          [](int64_t) -> absl::Status { throw std::runtime_error("thrown"); }),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("thrown")));
}

TEST(ParallelForTest, ProgressEndsAtTheTotal) {
  int64_t last = -1;
  ParallelOptions options;
  options.threads = 2;
  options.progress = [&](int64_t done, int64_t total) {
    EXPECT_GE(done, last);
    EXPECT_EQ(total, 50);
    last = done;
  };
  EXPECT_THAT(ParallelFor(50, options, [](int64_t) { return absl::OkStatus(); }), IsOk());
  EXPECT_EQ(last, 50);
}

TEST(ParallelForTest, NeedsAThread) {
  EXPECT_THAT(ParallelFor(1, {"test", 0, nullptr}, [](int64_t) { return absl::OkStatus(); }),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// A stop request lasts for the process's life, so it happens in a child.
TEST(ParallelForDeathTest, StopRequestCancels) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    std::atomic<int> calls = 0;
    const absl::Status status = ParallelFor(1'000'000, {"test", 2, nullptr}, [&](int64_t) {
      if (++calls == 10) RequestStop();
      return absl::OkStatus();
    });
    ::_exit(absl::IsCancelled(status) && calls < 1'000'000 ? 0 : 1);
  };
  EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace lookbook
