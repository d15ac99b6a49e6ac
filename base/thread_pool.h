// A fixed number of named threads over a bounded queue.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"

namespace lookbook {

struct ThreadPoolOptions {
  std::string name = "pool";  // Threads are called name-0, name-1, … (15 characters at most show in ps).
  int threads = 1;            // At least 1.
  int capacity = 64;          // Tasks that may wait; at least 1.
};

// Thread-safe. Tasks run in the order they came and must not throw.
class ThreadPool {
 public:
  // InvalidArgument: an option is out of range. ResourceExhausted: the system
  // gives no thread.
  static absl::StatusOr<std::unique_ptr<ThreadPool>> Create(ThreadPoolOptions options);

  // Calls Shutdown().
  ~ThreadPool();

  // Queues `task`. ResourceExhausted: `capacity` tasks wait already.
  // Unavailable: Shutdown() was called.
  absl::Status Submit(std::function<void()> task);

  // Refuses new tasks, runs those that wait, joins the threads. Idempotent.
  // REQUIRES: not called from a task of this pool.
  void Shutdown();

  int queued() const;  // Tasks that wait.
  int busy() const;    // Tasks that run.
  const ThreadPoolOptions& options() const { return options_; }

 private:
  explicit ThreadPool(ThreadPoolOptions options);
  void Run(int index);

  const ThreadPoolOptions options_;
  mutable Mutex mutex_;
  CondVar work_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Mutex join_mutex_;  // Serialises Shutdown() calls.
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(join_mutex_);
};

// Gives the calling thread a name that ps, top and gdb show (15 characters).
void SetThreadName(const std::string& name);

}  // namespace lookbook
