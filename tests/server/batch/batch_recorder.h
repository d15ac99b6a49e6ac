// Handlers that write down what a Batcher<int> does, and can hold its workers inside `run`.
#pragma once

#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "server/batch/batcher.h"

namespace lookbook {

// Thread-safe. Must outlive the batcher.
class BatchRecorder {
 public:
  BatchHandlers<int> Handlers() {
    return {.run = [this](std::vector<int> batch) { Run(std::move(batch)); },
            .drop = [this](int id, DropReason reason) { Drop(id, reason); },
            .queue_changed = [this](int depth, absl::Duration age) { QueueChanged(depth, age); }};
  }

  // Batches stay inside `run` until ReleaseRuns().
  void HoldRuns() {
    MutexLock lock(&mutex_);
    held_ = true;
  }
  void ReleaseRuns() {
    MutexLock lock(&mutex_);
    held_ = false;
    changed_.NotifyAll();
  }

  // Blocks until `batches` batches in all have come into `run`.
  void WaitForEntered(int batches) {
    MutexLock lock(&mutex_);
    while (entered_ < batches) changed_.Wait(&mutex_);
  }
  // Blocks until `items` items in all have left `run`.
  void WaitForRun(int items) {
    MutexLock lock(&mutex_);
    while (items_run_ < items) changed_.Wait(&mutex_);
  }

  std::vector<std::vector<int>> batches() const {
    MutexLock lock(&mutex_);
    return batches_;
  }
  std::vector<std::pair<int, DropReason>> dropped() const {
    MutexLock lock(&mutex_);
    return dropped_;
  }
  int depth() const {
    MutexLock lock(&mutex_);
    return depth_;
  }
  absl::Duration oldest_age() const {
    MutexLock lock(&mutex_);
    return oldest_age_;
  }

 private:
  void Run(std::vector<int> batch) {
    MutexLock lock(&mutex_);
    ++entered_;
    changed_.NotifyAll();
    while (held_) changed_.Wait(&mutex_);
    items_run_ += static_cast<int>(batch.size());
    batches_.push_back(std::move(batch));
    changed_.NotifyAll();
  }
  void Drop(int id, DropReason reason) {
    MutexLock lock(&mutex_);
    dropped_.emplace_back(id, reason);
    changed_.NotifyAll();
  }
  void QueueChanged(int depth, absl::Duration age) {
    MutexLock lock(&mutex_);
    depth_ = depth;
    oldest_age_ = age;
  }

  mutable Mutex mutex_;
  CondVar changed_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  int entered_ ABSL_GUARDED_BY(mutex_) = 0;
  int items_run_ ABSL_GUARDED_BY(mutex_) = 0;
  int depth_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration oldest_age_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::vector<int>> batches_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<int, DropReason>> dropped_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
