// The flags of `lookbook bench`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/load/measure.h"
#include "client/load/verdict.h"
#include "client/search_flags.h"

namespace lookbook {

struct BenchFlags {
  SearchFlags query;  // What is asked, and of whom.
  double rate = 0;    // Of an open loop, queries a second; 0 = a closed loop.
  int concurrency = 8;
  bool find_rate = false;
  absl::Duration p99 = absl::Milliseconds(50);  // The target of `find_rate`.
  int channels = 4;
  int max_in_flight = 0;  // 0 = what the server lets through at once: 100 a channel.
  uint64_t seed = 1;
  Stretch warm_up = {.time = absl::Seconds(2)};
  Stretch window = {.time = absl::Seconds(5)};
  absl::Duration duration;  // Zero = until windows agree.
  StabilityRule rule;
  int max_probes = 12;
  std::optional<int> server_pid;
  VerdictLimits limits;
  std::string json;  // Path of the results; empty = none.
};

// A flag with a wrong value, or one that does not go with another, makes parsing fail.
void AddBenchFlags(CLI::App& command, BenchFlags& flags);

// Calls that the server lets through at once on one connection (docs/api.md).
inline constexpr int kStreamsPerChannel = 100;

int MaxInFlight(const BenchFlags& flags);

// The server's process on this machine: --server-pid, or else who listens on the target's port,
// when the target is on the loopback interface. Null when it is not known.
std::optional<int> ServerProcess(const BenchFlags& flags);

// `process` is what ServerProcess() gave. A target on the loopback interface or a Unix socket is on
// this machine; any other is taken to be elsewhere.
ServerPlace PlaceOfServer(const std::string& target, std::optional<int> process);

// After how long an answer is no longer a good one: the target, or the deadline.
absl::Duration Objective(const BenchFlags& flags);

}  // namespace lookbook
