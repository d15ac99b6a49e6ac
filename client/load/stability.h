// When windows of a load agree well enough to be quoted.
#pragma once

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace lookbook {

// What one window came to.
struct WindowFigures {
  double rate = 0;         // Answers a second.
  absl::Duration latency;  // Their mean.
};

struct StabilityRule {
  int windows = 3;         // That must agree, the last ones.
  double tolerance = 0.1;  // Largest over smallest, minus one; of the rates and of the latencies.
  int max_windows = 10;    // Then it is given up.
};

// perf_analyzer's rule. False while there are fewer than `rule.windows`, and when the smallest rate
// or latency is zero.
bool IsStable(absl::Span<const WindowFigures> windows, const StabilityRule& rule);

}  // namespace lookbook
