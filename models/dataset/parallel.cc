#include "models/dataset/parallel.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/exception_fence.h"
#include "base/mutex.h"
#include "base/stop_signal.h"
#include "base/thread_pool.h"

namespace lookbook {
namespace {

constexpr absl::Duration kProgressInterval = absl::Milliseconds(100);

class ParallelRun {
 public:
  ParallelRun(int64_t count, const ParallelOptions& options,
              const std::function<absl::Status(int64_t)>& work)
      : count_(count), options_(options), work_(work) {}

  absl::Status Run() {
    std::vector<std::thread> threads;
    const int wanted = static_cast<int>(std::min<int64_t>(options_.threads, count_));
    running_ = wanted;
    absl::Status started = absl::OkStatus();
    for (int i = 0; i < wanted && started.ok(); ++i) started = Start(i, &threads);
    if (!started.ok()) Abandon(wanted - static_cast<int>(threads.size()));
    Watch();
    for (std::thread& thread : threads) thread.join();
    if (!started.ok()) return started;
    return Outcome();
  }

 private:
  absl::Status Start(int index, std::vector<std::thread>* threads) {
    try {
      threads->emplace_back([this, index] { Loop(index); });
    } catch (const std::system_error& e) {
      return absl::ResourceExhaustedError(absl::StrCat(options_.name, ": ", e.what()));
    }
    return absl::OkStatus();
  }

  void Abandon(int never_started) {
    stop_ = true;
    MutexLock lock(&mutex_);
    running_ -= never_started;
  }

  void Loop(int index) {
    SetThreadName(absl::StrCat(options_.name, "-", index));
    while (!stop_.load()) {
      if (StopRequested()) {
        cancelled_ = true;
        break;
      }
      const int64_t item = next_.fetch_add(1);
      if (item >= count_) break;
      const absl::Status status = CatchToStatus(options_.name, [&] { return work_(item); });
      if (!status.ok()) Fail(item, status);
      done_.fetch_add(1);
    }
    MutexLock lock(&mutex_);
    if (--running_ == 0) finished_.NotifyAll();
  }

  void Fail(int64_t item, const absl::Status& status) {
    stop_ = true;
    MutexLock lock(&mutex_);
    if (failed_item_ >= 0 && failed_item_ < item) return;
    failed_item_ = item;
    failure_ = status;
  }

  // Reports progress until every thread has ended.
  void Watch() {
    while (true) {
      {
        MutexLock lock(&mutex_);
        if (running_ > 0) finished_.WaitFor(&mutex_, kProgressInterval);
        if (running_ == 0) return;
      }
      if (options_.progress) options_.progress(done_.load(), count_);
    }
  }

  absl::Status Outcome() {
    MutexLock lock(&mutex_);
    if (failed_item_ >= 0) return failure_;
    if (cancelled_) {
      return absl::CancelledError(
          absl::StrCat(options_.name, ": stopped after ", done_.load(), " of ", count_));
    }
    return absl::OkStatus();
  }

  const int64_t count_;
  const ParallelOptions& options_;
  const std::function<absl::Status(int64_t)>& work_;
  std::atomic<int64_t> next_{0};
  std::atomic<int64_t> done_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> cancelled_{false};
  Mutex mutex_;
  CondVar finished_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t failed_item_ ABSL_GUARDED_BY(mutex_) = -1;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status ParallelFor(int64_t count, const ParallelOptions& options,
                         const std::function<absl::Status(int64_t)>& work) {
  if (options.threads < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.name, ": threads ", options.threads, " must be at least 1"));
  }
  if (count <= 0) return absl::OkStatus();
  ParallelRun run(count, options, work);
  const absl::Status status = run.Run();
  if (status.ok() && options.progress) options.progress(count, count);
  return status;
}

}  // namespace lookbook
