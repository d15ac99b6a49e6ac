// One measurement: a load runs, windows are cut out of it until they agree.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "client/load/call_ledger.h"
#include "client/load/cpu_meter.h"
#include "client/load/load.h"
#include "client/load/stability.h"
#include "client/load/window_tally.h"

namespace lookbook {

// It ends with whatever comes first.
struct Stretch {
  absl::Duration time = absl::InfiniteDuration();
  int64_t calls = 0;  // Calls that came due; 0 = no end by their number.
};

struct MeasureOptions {
  Stretch warm_up = {.time = absl::Seconds(2)};  // Nothing of it counts.
  Stretch window = {.time = absl::Seconds(5)};
  absl::Duration duration;  // Not zero: one window as long as this, and no rule.
  StabilityRule rule;
  double offered_rate = 0;  // Of an open loop, calls a second; 0 = a closed loop.
  // When that many windows as must agree all had a smaller WithinShare(), more of them would not
  // help. 0 = never mind.
  double hopeless_share = 0;
};

// What a measurement takes from the world; tests bring their own.
struct MeasureEnvironment {
  const Clock* clock = Clock::Steady();
  std::function<void(absl::Duration)> sleep;
  std::function<bool()> interrupted;
  std::function<absl::StatusOr<CpuSeconds>()> read_cpu;
  std::function<void(const std::string&)> progress;  // One short line, several times a second.
};

struct Measurement {
  WindowTally total;                   // The last windows, as many as must agree, together.
  std::vector<WindowFigures> windows;  // All of them.
  bool stable = false;                 // They agree, or there was one window by the caller's wish.
  bool interrupted = false;            // The last window is not whole.
};

// Starts `load`, measures, and stops it. In an open loop a window's rate is the offered rate times
// the share of its calls that were answered, so that the arrivals' own randomness is not taken for
// the server's. Ends early when a window had calls and no answers. `load` books its calls in
// `ledger`. Errors are those of the load's start and of read_cpu.
absl::StatusOr<Measurement> Measure(const MeasureOptions& options, Load& load, CallLedger& ledger,
                                    const MeasureEnvironment& environment);

}  // namespace lookbook
