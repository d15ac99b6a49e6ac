// What a measurement may be quoted with.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "client/load/measure.h"
#include "client/load/verdict.h"
#include "client/load/window_tally.h"

namespace lookbook {

struct LatencyFigures {
  absl::Duration mean, p50, p90, p95, p99, max;
};

struct Figures {
  double answers_per_second = 0;  // OK.
  double within_per_second = 0;   // OK within the objective after they were due ("goodput").
  double within_share = 0;        // Of all that came due.
  LatencyFigures latency;         // Of the answers, from when they were due.
  // Of RESOURCE_EXHAUSTED, from when they were due: how soon a server that has too much to do says
  // so. Null when there was none.
  std::optional<LatencyFigures> shed_latency;
  CodeCounts codes{};
  int64_t queries = 0;                   // That came due.
  std::optional<StageTimes> stage_mean;  // Seconds; null when the server gave no timings.
  double sent_bytes_per_second = 0;
  double own_cpu_per_query = 0;                // CPU seconds of the generator.
  std::optional<double> server_cpu_per_query;  // Null unless its process is known.
  std::optional<double> foreign_share;         // Null when it cannot be told from the server's.
};

// Null when there is a problem: no caller can print what must not be quoted.
std::optional<Figures> MakeFigures(const Measurement& measurement,
                                   const std::vector<Problem>& problems, ServerPlace place,
                                   int cores);

}  // namespace lookbook
