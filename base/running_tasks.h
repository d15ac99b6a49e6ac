// What threads are at, so that one that hangs can be found.
#pragma once

#include <list>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace lookbook {

// The tasks that run at this moment; at most one for each thread that announces them. Thread-safe.
class RunningTasks {
 private:
  struct Task {
    std::string pool;
    absl::Time begun;
  };

 public:
  // `clock` must outlive it.
  explicit RunningTasks(const Clock* clock) : clock_(clock) {}

  // A task that runs while this lives. Its RunningTasks must outlive it.
  class Scope {
   public:
    // `tasks` may be null: nothing is announced.
    Scope(RunningTasks* tasks, absl::string_view pool);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    RunningTasks* const tasks_;
    std::list<Task>::iterator task_;
  };

  struct Oldest {
    std::string pool;
    absl::Duration age;
  };
  // The task that has run for longest; nullopt while none runs.
  std::optional<Oldest> oldest() const;

 private:
  const Clock* const clock_;
  mutable Mutex mutex_;
  std::list<Task> tasks_ ABSL_GUARDED_BY(mutex_);  // In the order of their beginning.
};

}  // namespace lookbook
