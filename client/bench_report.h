// What `lookbook bench` found: what every output is made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/load/figures.h"
#include "client/load/verdict.h"
#include "client/recall_statement.h"
#include "lookbook/v1/catalog.pb.h"

namespace lookbook {

// The load as the caller asked for it.
struct LoadDescription {
  double rate = 0;      // Offered by an open loop; 0 = a closed loop.
  int concurrency = 0;  // Of a closed loop, and of what a search for a rate began with.
  int channels = 0;
  int max_in_flight = 0;  // Open loop.
  uint64_t seed = 0;      // Open loop.
  absl::Duration deadline;
  absl::Duration objective;  // After which an answer is late.
  size_t queries = 0;        // Different ones, taken in turn.
  uint64_t query_bytes = 0;  // Of all of them.
  uint32_t top_k = 0;
};

// One load that was measured.
struct BenchRow {
  double rate = 0;                 // Offered; 0 = closed loop.
  std::optional<Figures> figures;  // Null when there are problems.
  std::vector<Problem> problems;
  std::string outcome;  // Of a probe: "met", "missed", …; else empty.
  size_t windows = 0;
  bool stable = false;
};

struct BenchReport {
  absl::Time started;
  std::string target;
  v1::GetInfoResponse info;
  v1::BundleInfo bundle;  // The one that answered.
  RecallStatement recall;
  LoadDescription load;
  int cores = 0;                  // Of this machine.
  std::optional<int> server_pid;  // Its process, when it is on this machine and known.

  BenchRow result;  // What it comes to; of a search for a rate, the best probe.
  // Of a search for a rate:
  std::optional<absl::Duration> p99_target;
  std::optional<double> found_rate;  // The highest offered rate that met the target; null = none.
  bool precise = false;              // It is within the search's precision.
  std::vector<BenchRow> probes;      // The first is the closed loop that it began with.
};

}  // namespace lookbook
