// What came of the calls of one window, or of several together.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/load/caller.h"
#include "client/load/cpu_meter.h"
#include "client/load/latency_histogram.h"

namespace lookbook {

using CodeCounts = std::array<int64_t, 17>;  // By absl::StatusCode.

// "230 UNAVAILABLE, 2 INTERNAL": those that are not 0.
std::string CodesText(const CodeCounts& codes);

// A latency counts from when the call was due, so that neither a slow server nor a late generator
// is excused from the waiting it causes (coordinated omission).
struct WindowTally {
  int64_t due = 0;               // Calls that came due, those left out included.
  int64_t left_out = 0;          // Never sent: too many were in flight.
  CodeCounts codes{};            // Calls that ended.
  int64_t within = 0;            // OK no later than the objective after they were due,
  int64_t within_once_sent = 0;  // and after they were sent.
  LatencyHistogram latency;      // Of the calls that were OK, from when they were due.
  LatencyHistogram shed;         // Of those that were RESOURCE_EXHAUSTED, likewise.
  LatencyHistogram lag;          // How much later than due calls were sent.
  StageTimes stage_sums{};       // Seconds.
  int64_t staged = 0;            // Calls in `stage_sums`.
  int64_t sent_bytes = 0;
  // Written by who measures, not by the calls:
  absl::Duration length;
  CpuSeconds cpu;

  int64_t answered() const { return codes[0]; }  // OK.
  int64_t sent() const { return due - left_out; }
  // Of the calls that came due: what was left out or failed is as bad as what was late.
  double WithinShare() const;
  double WithinShareOnceSent() const;

  void Add(const CallOutcome& outcome, absl::Duration since_due, absl::Duration since_sent,
           absl::Duration objective);
  void Merge(const WindowTally& other);
};

}  // namespace lookbook
