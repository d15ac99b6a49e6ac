#include "base/thread_cpu_time.h"

#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"
#include "tests/support/compute_for.h"

namespace lookbook {
namespace {

TEST(ThreadCpuTimeTest, ComputingCountsAndSleepingDoesNot) {
  const absl::Duration begin = ThreadCpuTime();
  ComputeFor(absl::Milliseconds(20));
  const absl::Duration computed = ThreadCpuTime() - begin;
  absl::SleepFor(absl::Milliseconds(200));
  const absl::Duration slept = ThreadCpuTime() - begin - computed;
  EXPECT_GE(computed, absl::Milliseconds(20));
  EXPECT_LT(slept, absl::Milliseconds(100));
}

TEST(ThreadCpuTimeTest, EachThreadHasItsOwn) {
  const absl::Duration begin = ThreadCpuTime();
  std::thread other([] { ComputeFor(absl::Milliseconds(200)); });
  other.join();
  EXPECT_LT(ThreadCpuTime() - begin, absl::Milliseconds(100));
}

}  // namespace
}  // namespace lookbook
