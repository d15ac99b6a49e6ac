#include "base/lock_checks.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/synchronization/mutex.h"

namespace lookbook {
namespace {

void LockInBothOrders() {
  absl::Mutex first, second;
  for (absl::Mutex* outer : {&first, &second}) {
    absl::MutexLock outer_lock(outer);
    absl::MutexLock inner_lock(outer == &first ? &second : &first);
  }
}

// With the checks on, the packaged Abseil ends the process at the second order.
TEST(LockChecksTest, TwoOrdersOfTwoLocksAreNotLookedAt) {
  const auto lock_and_leave = [] {
    StopLockChecks();
    LockInBothOrders();
    ::_exit(7);
  };
  EXPECT_EXIT(lock_and_leave(), ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace lookbook
