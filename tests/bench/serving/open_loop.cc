#include "tests/bench/serving/open_loop.h"

#include <memory>

#include "absl/time/clock.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "client/load/poisson_arrivals.h"

namespace lookbook {
namespace {

// Owned by its callbacks too.
class Arrivals : public std::enable_shared_from_this<Arrivals> {
 public:
  std::function<void(bool)> Begin(absl::Time due, bool counted) {
    {
      MutexLock lock(&mutex_);
      ++in_flight_;
    }
    return [self = shared_from_this(), due, counted](bool ok) { self->Finish(due, counted, ok); };
  }

  LoopResult Await() {
    MutexLock lock(&mutex_);
    while (in_flight_ > 0) ended_.Wait(&mutex_);
    return result_;
  }

 private:
  void Finish(absl::Time due, bool counted, bool ok) {
    const double seconds = absl::ToDoubleSeconds(Clock::Steady()->Now() - due);
    MutexLock lock(&mutex_);
    if (counted && ok) {
      ++result_.answers;
      result_.latencies.push_back(seconds);
    }
    if (counted && !ok) ++result_.failures;
    if (--in_flight_ == 0) ended_.NotifyAll();
  }

  Mutex mutex_;
  CondVar ended_;
  int64_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  LoopResult result_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

LoopResult RunOpenLoop(double rate, absl::Duration warm_up, absl::Duration window,
                       const std::function<void(int64_t, std::function<void(bool)>)>& start,
                       const std::function<void(bool)>& at_window) {
  const auto arrivals = std::make_shared<Arrivals>();
  const absl::Time begin = Clock::Steady()->Now();
  const absl::Time open = begin + warm_up, close = open + window;
  bool measuring = false;
  int64_t number = 0;
  for (PoissonArrivals next(rate, /*seed=*/11, begin); next.due() < close; next.Advance()) {
    const absl::Time due = next.due();
    if (!measuring && due >= open) {
      measuring = true;
      at_window(true);
    }
    const absl::Duration wait = due - Clock::Steady()->Now();
    if (wait > absl::ZeroDuration()) absl::SleepFor(wait);
    start(number++, arrivals->Begin(due, measuring));
  }
  at_window(false);
  LoopResult result = arrivals->Await();
  result.wall_seconds = absl::ToDoubleSeconds(window);
  return result;
}

}  // namespace lookbook
