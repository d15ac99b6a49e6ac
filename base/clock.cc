#include "base/clock.h"

#include <chrono>

namespace lookbook {
namespace {

class SteadyClock : public Clock {
 public:
  absl::Time Now() const override {
    return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace

const Clock* Clock::Steady() {
  static const SteadyClock* const clock = new SteadyClock;
  return clock;
}

absl::Time ManualClock::Now() const {
  MutexLock lock(&mutex_);
  return now_;
}

void ManualClock::Advance(absl::Duration by) {
  MutexLock lock(&mutex_);
  now_ += by;
}

}  // namespace lookbook
