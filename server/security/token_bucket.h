// How much one client may take: so much at once, so much a second in the long run.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace lookbook {

// A token bucket. What costs more than the bucket holds is let through when the bucket is full, and
// paid off afterwards: a large request is slow to come by, never impossible.
// Pure; not thread-safe. A time before the last one counts as that.
class TokenBucket {
 public:
  // `per_second` and `burst` are positive. Full at first.
  TokenBucket(double per_second, double burst, absl::Time now)
      : per_second_(per_second), burst_(burst), level_(burst), filled_(now) {}

  // How long until `cost` can be taken; zero = now.
  absl::Duration WaitFor(double cost, absl::Time now) {
    now = std::max(now, filled_);
    level_ = std::min(burst_, level_ + absl::ToDoubleSeconds(now - filled_) * per_second_);
    filled_ = now;
    const double missing = std::min(cost, burst_) - level_;
    return missing <= 0 ? absl::ZeroDuration() : absl::Seconds(missing / per_second_);
  }

  // REQUIRES: WaitFor(cost, now) was zero for the same `now`.
  void Take(double cost) { level_ -= cost; }

 private:
  const double per_second_;
  const double burst_;
  double level_;  // Below zero while a cost above `burst_` is paid off.
  absl::Time filled_;
};

}  // namespace lookbook
