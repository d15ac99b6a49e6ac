// How much the log can bear.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "base/log_drops.h"
#include "base/mutex.h"

namespace lookbook {

// So many lines in each second, and a count of those that were left out. Thread-safe.
class LogBudget {
 public:
  // `per_second`: 0 = none, by intention: such lines are not counted. `refusal`: what each of the
  // others counts as (base/log_drops.h).
  explicit LogBudget(int per_second, LogDrop refusal = LogDrop::kRepeated)
      : per_second_(per_second), refusal_(refusal) {}

  // True when a line may be written at `now`; then `left_out` is the number of refusals since the
  // last one.
  bool Take(absl::Time now, int64_t* left_out);

 private:
  const int per_second_;
  const LogDrop refusal_;
  Mutex mutex_;
  absl::Time second_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int used_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace lookbook
