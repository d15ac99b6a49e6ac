// How long a query would be inside, by what the last ones took: the arithmetic of admission.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "server/pipeline/recent_median.h"

namespace lookbook {

// Who is inside a pipeline when a query arrives.
struct WorkAhead {
  int undecoded = 0;   // Pictures that are not decoded yet.
  int unanswered = 0;  // All queries without an answer, those pictures included.
};

// Two stations one behind the other: decode threads, and workers that run batches. The wait is that
// for the slower of the two to get through what is ahead of it, at the pace of its last pictures
// and batches; whatever is on its way counts as not begun. A query's own
// batch is reckoned to take a quarter longer than the last ones did, for they differ, and who is
// late was embedded for nothing. Time is an argument. Thread-safe.
class WaitEstimator {
 public:
  static constexpr double kReckoned = 1.25;

  // REQUIRES: both are at least 1.
  WaitEstimator(int decode_threads, int batch_workers)
      : decode_threads_(decode_threads), batch_workers_(batch_workers) {}

  // One picture took a decode thread so long.
  void DecodeTook(absl::Time now, absl::Duration took);
  // A batch of `queries`, at least 1, took a worker so long.
  void BatchTook(absl::Time now, int queries, absl::Duration took);

  // What a batch takes, where it is worth its while to wait for a picture that is being decoded:
  // that takes no longer than half of it. Zero where it does, or too few of them were run lately.
  absl::Duration BatchWorthWaiting(absl::Time now) const;

  // What a query is reckoned to take of the time of its batch. Zero where too few batches were run
  // lately.
  absl::Duration QueryTakes(absl::Time now) const;

  // True: a worker has nothing to do, so a query that arrives now waits for nobody.
  bool HasIdleWorker(const WorkAhead& ahead) const { return ahead.unanswered < batch_workers_; }

  struct Times {
    absl::Duration wait;  // Until a query that arrives now has its turn,
    absl::Duration stay;  // and until it has its answer: the wait, its decoding and its batch, as
                          // that is reckoned.
  };
  // Nothing while too few batches were run lately (RecentMedian).
  std::optional<Times> Estimate(absl::Time now, const WorkAhead& ahead, bool picture) const;

 private:
  const int decode_threads_;
  const int batch_workers_;
  mutable Mutex mutex_;
  RecentMedian decode_ ABSL_GUARDED_BY(mutex_);
  RecentMedian batch_ ABSL_GUARDED_BY(mutex_);
  RecentMedian query_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
