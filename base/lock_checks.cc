#include "base/lock_checks.h"

#include "absl/synchronization/mutex.h"

namespace lookbook {

void StopLockChecks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

}  // namespace lookbook
