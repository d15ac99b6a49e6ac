// An open loop: queries come at their own times, whatever becomes of those before.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/time/time.h"
#include "tests/bench/serving/closed_loop.h"

namespace lookbook {

// Starts `rate` queries a second on average, at seeded random times (a Poisson process), for
// `warm_up` and then for `window`, and counts the answers of those that were due in the window. A
// latency runs from the time a query was due, so that a late generator does not hide waiting
// (coordinated omission). Otherwise as RunClosedLoop().
LoopResult RunOpenLoop(double rate, absl::Duration warm_up, absl::Duration window,
                       const std::function<void(int64_t, std::function<void(bool)>)>& start,
                       const std::function<void(bool)>& at_window);

}  // namespace lookbook
