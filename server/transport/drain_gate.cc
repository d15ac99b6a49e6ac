#include "server/transport/drain_gate.h"

#include "base/clock.h"
#include "base/reason.h"

namespace lookbook {

bool DrainGate::Enter() {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void DrainGate::Leave() {
  MutexLock lock(&mutex_);
  if (--inside_ == 0) left_.NotifyAll();  // Under the lock: afterwards the gate may be gone.
}

void DrainGate::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
}

bool DrainGate::AwaitEmpty(absl::Duration timeout) {
  const absl::Time end = Clock::Steady()->Now() + timeout;
  MutexLock lock(&mutex_);
  while (inside_ > 0) {
    const absl::Duration left = end - Clock::Steady()->Now();
    if (left <= absl::ZeroDuration()) return false;
    left_.WaitFor(&mutex_, left);
  }
  return true;
}

absl::Status DrainingError() {
  return WithReason(absl::UnavailableError("the server is shutting down; try another replica"),
                    "draining");
}

}  // namespace lookbook
