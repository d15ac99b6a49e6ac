// The threads around a BatchQueue: they wait until a batch is due and run it.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/thread_pool.h"
#include "server/batch/batch_queue.h"

namespace lookbook {

struct BatcherOptions {
  std::string name = "embed";  // Threads are called name-0, name-1, …
  int workers = 2;             // Batches that may run at the same time; at least 1.
  BatchQueueOptions queue;
};

// What becomes of the items. All three are called without the queue's lock held, from any thread of
// the batcher and from Push() and DropDead(); they must not throw and must not call the batcher's
// Shutdown().
template <typename T>
struct BatchHandlers {
  // Runs one batch, never empty, on a worker's thread.
  std::function<void(std::vector<T>)> run;
  // Answers one item that died waiting.
  std::function<void(T, DropReason)> drop;
  // The queue's state after a change, for a gauge; one call at a time, and the last call has the
  // last state. May be null.
  std::function<void(int depth, absl::Duration oldest_age)> queue_changed;
  // What a batch takes, so that one may wait for announced items while no other worker is free
  // (BatchQueue); zero, or null: none waits. Called with the queue's lock held.
  std::function<absl::Duration()> batch_time;
  // What each item adds to the time of its batch, so that no batch is too large for its deadlines
  // (BatchQueue); zero, or null: max_size alone bounds it. Called with the queue's lock held.
  std::function<absl::Duration()> query_time;
};

// Every item that Push() took in reaches exactly one of `run` and `drop`. A free worker takes what
// is due at once; while all are busy the queue fills. The last free one waits a little for items
// that are announced: they would have to wait for it, and two half batches cost more than a whole
// one. Workers sleep on a condition until the queue's next event. Thread-safe.
template <typename T>
class Batcher {
 public:
  // `clock` must outlive the batcher. InvalidArgument: an option is out of range.
  // ResourceExhausted: the system gives no thread.
  static absl::StatusOr<std::unique_ptr<Batcher>> Create(BatcherOptions options,
                                                         BatchHandlers<T> handlers,
                                                         const Clock* clock) {
    LB_RETURN_IF_ERROR(CheckBatchQueueOptions(options.queue));
    LB_ASSIGN_OR_RETURN(auto pool, ThreadPool::Create({.name = options.name,
                                                       .threads = options.workers,
                                                       .capacity = std::max(1, options.workers)}));
    auto batcher = std::unique_ptr<Batcher>(
        new Batcher(std::move(options), std::move(handlers), clock, std::move(pool)));
    for (int i = 0; i < batcher->options_.workers; ++i) {
      LB_RETURN_IF_ERROR(batcher->pool_->Submit([raw = batcher.get()] { raw->Work(); }));
    }
    return batcher;
  }

  ~Batcher() { Shutdown(); }

  // BatchQueue::Push at the clock's time. A full queue first lets go of its dead.
  absl::Status Push(T* item, absl::Time deadline = absl::InfiniteFuture(),
                    const std::atomic<bool>* cancelled = nullptr, bool announced = false) {
    absl::Status status = TryPush(item, deadline, cancelled, announced);
    if (absl::IsResourceExhausted(status) && DropDead())
      status = TryPush(item, deadline, cancelled, announced);
    if (status.ok()) ReportQueue();
    return status;
  }

  // An item is on its way. Withdraw() follows once, after its Push() or instead of it.
  void Announce() {
    MutexLock lock(&mutex_);
    queue_.Announce();
  }
  void Withdraw() {
    bool due = false;
    {
      MutexLock lock(&mutex_);
      queue_.Withdraw();
      const absl::Time now = clock_->Now();
      due = queue_.NextWake(now) <= now;
    }
    if (due) work_.NotifyOne();  // Who had patience need not wait any more.
  }

  // Answers on this thread the items that died waiting; true when there were any.
  bool DropDead() {
    std::vector<typename BatchQueue<T>::Dropped> dropped;
    {
      MutexLock lock(&mutex_);
      dropped = queue_.PopDropped(clock_->Now());
    }
    if (dropped.empty()) return false;
    ReportQueue();
    for (auto& dead : dropped) handlers_.drop(std::move(dead.item), dead.reason);
    return true;
  }

  // Refuses new items, runs those that wait, joins the threads. Idempotent.
  void Shutdown() {
    {
      MutexLock lock(&mutex_);
      queue_.Close();
    }
    work_.NotifyAll();
    pool_->Shutdown();
  }

  // Items that wait.
  int depth() const {
    MutexLock lock(&mutex_);
    return queue_.size();
  }

 private:
  // What a worker does next; both empty = the batcher is shut down and its queue empty.
  struct Turn {
    std::vector<typename BatchQueue<T>::Dropped> dropped;
    std::vector<T> batch;
    bool empty() const { return dropped.empty() && batch.empty(); }
  };

  Batcher(BatcherOptions options, BatchHandlers<T> handlers, const Clock* clock,
          std::unique_ptr<ThreadPool> pool)
      : options_(std::move(options)),
        handlers_(std::move(handlers)),
        clock_(clock),
        queue_(options_.queue),
        pool_(std::move(pool)) {}

  absl::Status TryPush(T* item, absl::Time deadline, const std::atomic<bool>* cancelled,
                       bool announced) {
    bool earlier = false;
    {
      MutexLock lock(&mutex_);
      const absl::Time now = clock_->Now();
      const absl::Time wake = queue_.NextWake(now);
      LB_RETURN_IF_ERROR(queue_.Push(item, now, deadline, cancelled, announced));
      const absl::Time next = queue_.NextWake(now);
      earlier = next < wake || next <= now;
    }
    if (earlier) work_.NotifyOne();  // Otherwise the sleepers' alarm still fits.
    return absl::OkStatus();
  }

  void Work() {
    for (Turn turn = NextTurn(); !turn.empty(); turn = NextTurn()) {
      ReportQueue();
      for (auto& dead : turn.dropped) handlers_.drop(std::move(dead.item), dead.reason);
      if (!turn.batch.empty()) handlers_.run(std::move(turn.batch));
    }
  }

  Turn NextTurn() {
    MutexLock lock(&mutex_);
    SetFree(free_ + 1);
    while (true) {
      const absl::Time now = clock_->Now();
      if (handlers_.query_time) queue_.SetQueryTime(handlers_.query_time());
      Turn turn{queue_.PopDropped(now), queue_.PopDue(now)};
      if (!turn.empty() || (queue_.closed() && queue_.empty())) {
        if (!queue_.empty())
          work_.NotifyOne();  // This worker is busy now: another watches the rest.
        SetFree(free_ - 1);
        return turn;
      }
      work_.WaitFor(&mutex_, queue_.NextWake(now) - now);
    }
  }

  void SetFree(int workers) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    free_ = workers;
    queue_.SetBatchTime(free_ == 1 && handlers_.batch_time ? handlers_.batch_time()
                                                           : absl::ZeroDuration());
  }

  // Reads the state again under `report_mutex_`, so that a late reporter cannot leave an old value
  // behind.
  void ReportQueue() {
    if (!handlers_.queue_changed) return;
    MutexLock report(&report_mutex_);
    int depth = 0;
    absl::Duration age;
    {
      MutexLock lock(&mutex_);
      depth = queue_.size();
      age = queue_.OldestAge(clock_->Now());
    }
    handlers_.queue_changed(depth, age);
  }

  const BatcherOptions options_;
  const BatchHandlers<T> handlers_;
  const Clock* const clock_;
  Mutex report_mutex_;  // Orders calls of queue_changed; taken before mutex_.
  mutable Mutex mutex_;
  CondVar work_;
  BatchQueue<T> queue_ ABSL_GUARDED_BY(mutex_);
  int free_ ABSL_GUARDED_BY(mutex_) = 0;  // Workers that wait for a batch.
  const std::unique_ptr<ThreadPool> pool_;
};

}  // namespace lookbook
