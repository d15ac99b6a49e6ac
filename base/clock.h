// Time as policy code sees it: passed in, so that tests never sleep.
#pragma once

#include "absl/time/time.h"
#include "base/mutex.h"

namespace lookbook {

// Monotonic time. Values of one process can be compared and subtracted; they
// are not dates, and a change of the machine's clock does not move them.
// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;

  // The process's steady clock. Never destroyed.
  static const Clock* Steady();
};

// A clock that stands still until it is told to move. Thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(absl::Time start = absl::UnixEpoch() + absl::Hours(1)) : now_(start) {}
  absl::Time Now() const override;
  void Advance(absl::Duration by);

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
