#include "base/lock_checks.h"

#include <gtest/gtest.h>

#include "absl/synchronization/mutex.h"

namespace lookbook {
namespace {

// With the checks on, the packaged Abseil ends the process at the second order.
TEST(LockChecksTest, TwoOrdersOfTwoLocksAreNotLookedAt) {
  StopLockChecks();
  absl::Mutex first, second;
  for (absl::Mutex* outer : {&first, &second}) {
    absl::MutexLock outer_lock(outer);
    absl::MutexLock inner_lock(outer == &first ? &second : &first);
  }
}

}  // namespace
}  // namespace lookbook
