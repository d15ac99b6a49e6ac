// From a client's deadline, a date of the system clock, to the server's monotonic time: once, at
// the edge.
#pragma once

#include <chrono>

#include "absl/time/time.h"

namespace lookbook {

// What is left of `deadline` at `wall_now`, at most `cap`, counted from `now`. A client without a
// deadline (time_point::max()) gets `cap`. The result lies before `now` when the deadline has
// passed.
absl::Time CallDeadline(std::chrono::system_clock::time_point deadline,
                        std::chrono::system_clock::time_point wall_now, absl::Time now,
                        absl::Duration cap);

}  // namespace lookbook
