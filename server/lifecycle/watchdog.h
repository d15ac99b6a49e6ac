// Tells a worker that hangs from one that works.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/running_tasks.h"

namespace lookbook {

struct WatchdogOptions {
  // A task that has run for longer than this is stalled.
  absl::Duration stalled_after = absl::Seconds(15);
  // One that has run for longer than this will not end; infinite = never given up.
  absl::Duration give_up_after = absl::Seconds(60);
};

// What a look at the running tasks says.
struct WatchdogFinding {
  enum class Verdict { kWell, kStalled, kGiveUp };
  Verdict verdict = Verdict::kWell;
  bool changed = false;  // The look before had another verdict or another pool.
  std::string pool;      // Of the oldest task, unless all is well.
  absl::Duration age;    // For how long it has run.
};

// Not thread-safe: one thread looks.
class Watchdog {
 public:
  // `tasks` must outlive it.
  Watchdog(const WatchdogOptions& options, const RunningTasks* tasks);

  WatchdogFinding Look();

 private:
  WatchdogFinding::Verdict Judge(const std::optional<RunningTasks::Oldest>& oldest) const;

  const WatchdogOptions options_;
  const RunningTasks* const tasks_;
  WatchdogFinding before_;
};

}  // namespace lookbook
