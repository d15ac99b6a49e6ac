// Looks at the open streams now and then.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/thread_pool.h"

namespace lookbook {

// A thread of its own that calls a function again and again. Thread-safe.
class StreamWatch {
 public:
  // Calls `look` every `interval`, the first time after one. It must not throw, and must not
  // destroy the watch. ResourceExhausted: the system gives no thread.
  static absl::StatusOr<std::unique_ptr<StreamWatch>> Start(absl::Duration interval,
                                                            std::function<void()> look);
  // Returns when `look` runs no more.
  ~StreamWatch();

 private:
  StreamWatch(absl::Duration interval, std::function<void()> look,
              std::unique_ptr<ThreadPool> thread);
  void Run();

  const absl::Duration interval_;
  const std::function<void()> look_;
  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  const std::unique_ptr<ThreadPool> thread_;
};

// How often streams must be looked at, so that one is ended at most a tenth of `idle` late: never
// more often than every 10 ms.
absl::Duration StreamWatchInterval(absl::Duration idle);

}  // namespace lookbook
