// How much the log can bear.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "base/mutex.h"

namespace lookbook {

// So many lines in each second, and a count of those that were left out. Thread-safe.
class LogBudget {
 public:
  explicit LogBudget(int per_second) : per_second_(per_second) {}

  // True when a line may be written at `now`; then `left_out` is the number of refusals since the
  // last one.
  bool Take(absl::Time now, int64_t* left_out);

 private:
  const int per_second_;
  Mutex mutex_;
  absl::Time second_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int used_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace lookbook
