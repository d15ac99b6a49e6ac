// A server that looks at itself.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/running_tasks.h"
#include "server/lifecycle/memory_watch.h"
#include "server/lifecycle/serving_state.h"
#include "server/lifecycle/watchdog.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {

// Lets the server be kStalled while a worker hangs or memory is short, and kServing again when
// neither is so; of any other state it is no judge. Not thread-safe: one thread checks.
class SelfCheck {
 public:
  // All outlive the object.
  struct Parts {
    const RunningTasks* tasks = nullptr;
    std::function<absl::StatusOr<int64_t>()> resident_memory;
    ServerMetrics* metrics = nullptr;
    ServingStateMachine* machine = nullptr;
    // Gives the system back what the process has and does not use: at each look while memory is
    // short, or a server that an attack has blown up would stay kStalled. Null: nobody does.
    std::function<void()> free_memory;
  };

  SelfCheck(const WatchdogOptions& workers, const MemoryWatchOptions& memory, Parts parts);

  // DeadlineExceeded `stuck`: a worker will not go on. The process should end.
  absl::Status CheckWorkers();
  // ResourceExhausted `memory`: the process should end before the kernel ends it. Where it cannot
  // be known how much memory there is, nothing changes.
  absl::Status CheckMemory();

 private:
  void Show();

  const Parts parts_;
  const int64_t memory_bound_;
  Watchdog watchdog_;
  MemoryWatch memory_watch_;
  bool workers_well_ = true;
  bool memory_well_ = true;
};

}  // namespace lookbook
