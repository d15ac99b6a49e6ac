#include "tests/bench/serving/closed_loop.h"

#include <memory>

#include "absl/time/clock.h"
#include "base/clock.h"

namespace lookbook {
namespace {

// Owned by its callbacks too: the last one may still be on its way out when Drain() returns.
class Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(const std::function<void(int64_t, std::function<void(bool)>)>& start) : start_(start) {}

  void Launch() {
    const int64_t number = next_++;
    const absl::Time begun = Clock::Steady()->Now();
    start_(number, [self = shared_from_this(), begun](bool ok) { self->Finish(begun, ok); });
  }

  void OpenWindow(bool open) {
    MutexLock lock(&mutex_);
    open_ = open;
  }

  // Lets no query start any more and waits for those in flight.
  LoopResult Drain(int concurrency) {
    stopping_ = true;
    MutexLock lock(&mutex_);
    while (ended_ < concurrency) all_ended_.Wait(&mutex_);
    return result_;
  }

 private:
  void Finish(absl::Time begun, bool ok) {
    const double seconds = absl::ToDoubleSeconds(Clock::Steady()->Now() - begun);
    {
      MutexLock lock(&mutex_);
      if (open_ && ok) {
        ++result_.answers;
        result_.latencies.push_back(seconds);
      }
      if (!ok) ++result_.failures;
      if (stopping_) {
        ++ended_;
        all_ended_.NotifyAll();
        return;
      }
    }
    Launch();
  }

  const std::function<void(int64_t, std::function<void(bool)>)>& start_;
  std::atomic<int64_t> next_{0};
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  CondVar all_ended_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  int ended_ ABSL_GUARDED_BY(mutex_) = 0;
  LoopResult result_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

LoopResult RunClosedLoop(int concurrency, absl::Duration warm_up, absl::Duration window,
                         const std::function<void(int64_t, std::function<void(bool)>)>& start,
                         const std::function<void(bool)>& at_window) {
  const auto loop = std::make_shared<Loop>(start);
  for (int i = 0; i < concurrency; ++i) loop->Launch();
  absl::SleepFor(warm_up);
  at_window(true);
  loop->OpenWindow(true);
  const absl::Time opened = Clock::Steady()->Now();
  absl::SleepFor(window);
  loop->OpenWindow(false);
  const double wall = absl::ToDoubleSeconds(Clock::Steady()->Now() - opened);
  at_window(false);
  LoopResult result = loop->Drain(concurrency);
  result.wall_seconds = wall;
  return result;
}

}  // namespace lookbook
