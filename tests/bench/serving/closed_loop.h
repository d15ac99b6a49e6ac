// A closed loop: a fixed number of queries in flight, each answer starting the next one.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "absl/time/time.h"
#include "base/mutex.h"

namespace lookbook {

struct LoopResult {
  int64_t answers = 0;              // That came inside the window.
  int64_t failures = 0;
  double wall_seconds = 0;
  std::vector<double> latencies;    // Seconds, of the answers, unsorted.
};

// Runs `start(query number, done)` with `concurrency` queries in flight for `warm_up`, then for `window`, and counts
// the answers of the window. `start` must not block; `done(ok)` may come on any thread. `at_window(true)` is called as
// the window opens and `at_window(false)` as it closes.
LoopResult RunClosedLoop(int concurrency, absl::Duration warm_up, absl::Duration window,
                         const std::function<void(int64_t, std::function<void(bool)>)>& start,
                         const std::function<void(bool)>& at_window);

}  // namespace lookbook
