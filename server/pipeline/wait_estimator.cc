#include "server/pipeline/wait_estimator.h"

#include <algorithm>

namespace lookbook {

void WaitEstimator::DecodeTook(absl::Time now, absl::Duration took) {
  MutexLock lock(&mutex_);
  decode_.Add(now, took);
}

void WaitEstimator::BatchTook(absl::Time now, int queries, absl::Duration took) {
  MutexLock lock(&mutex_);
  batch_.Add(now, took);
  query_.Add(now, took / queries);
}

absl::Duration WaitEstimator::BatchWorthWaiting(absl::Time now) const {
  MutexLock lock(&mutex_);
  const std::optional<absl::Duration> batch = batch_.Value(now), decode = decode_.Value(now);
  return batch && decode && *decode <= *batch / 2 ? *batch : absl::ZeroDuration();
}

absl::Duration WaitEstimator::QueryTakes(absl::Time now) const {
  MutexLock lock(&mutex_);
  return kReckoned * query_.Value(now).value_or(absl::ZeroDuration());
}

std::optional<WaitEstimator::Times> WaitEstimator::Estimate(absl::Time now, const WorkAhead& ahead,
                                                            bool picture) const {
  MutexLock lock(&mutex_);
  const std::optional<absl::Duration> batch = batch_.Value(now);
  const std::optional<absl::Duration> query = query_.Value(now);
  if (!batch || !query) return std::nullopt;
  if (!picture) {
    // It passes by the pictures that are still being decoded.
    const absl::Duration wait =
        *query * std::max(0, ahead.unanswered - ahead.undecoded) / batch_workers_;
    return Times{wait, wait + kReckoned * *batch};
  }
  const absl::Duration decode = decode_.Value(now).value_or(absl::ZeroDuration());
  const absl::Duration wait = std::max(decode * ahead.undecoded / decode_threads_,
                                       *query * ahead.unanswered / batch_workers_);
  return Times{wait, wait + decode + kReckoned * *batch};
}

}  // namespace lookbook
