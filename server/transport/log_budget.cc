#include "server/transport/log_budget.h"

namespace lookbook {

bool LogBudget::Take(absl::Time now, int64_t* left_out) {
  if (per_second_ == 0) return false;
  MutexLock lock(&mutex_);
  if (now - second_ >= absl::Seconds(1)) {
    second_ = now;
    used_ = 0;
  }
  if (used_ >= per_second_) {
    ++left_out_;
    CountLogDrop(refusal_);
    return false;
  }
  ++used_;
  *left_out = left_out_;
  left_out_ = 0;
  return true;
}

}  // namespace lookbook
