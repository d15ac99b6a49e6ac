// One rate tried against a target: "p99 within 50 ms" is 99 of 100 queries that came due being
// answered within 50 ms.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/measure.h"
#include "client/load/rate_search.h"
#include "client/load/verdict.h"

namespace lookbook {

// Of the queries that come due, the share that must be answered in time.
inline constexpr double kProbeShare = 0.99;

enum class ProbeOutcome {
  kMet,
  kMissed,
  kUnstable,   // In time, but no windows that agree: counts as missed.
  kDisturbed,  // Says nothing.
};

const char* OutcomeName(ProbeOutcome outcome);  // "met", "missed", "not stable", "disturbed"

struct Probe {
  double rate = 0;  // Offered.
  Measurement measurement;
  std::vector<Problem> problems;
  ProbeOutcome outcome = ProbeOutcome::kDisturbed;
};

// A generator that left queries out or was late may have been the reason for a miss only when the
// queries it did send were answered in time once sent; else the miss stands.
ProbeOutcome JudgeProbe(const Measurement& measurement, const std::vector<Problem>& problems);

struct RateSearchResult {
  std::vector<Probe> probes;  // As they came.
  double rate = 0;            // The highest that met the target; 0 = none did, or it was disturbed.
  size_t best = 0;            // Its probe. REQUIRES: rate > 0.
  std::optional<double> missed;  // The lowest that did not.
  bool disturbed = false;        // A rate was tried twice and disturbed twice: there is no result.
  bool precise = false;
};

// Tries the rates of a RateSearch. `measure` fills in a probe's measurement and problems;
// `on_probe` sees each judged probe. Errors are those of `measure`.
absl::StatusOr<RateSearchResult> FindRate(
    const RateSearchOptions& options, const std::function<absl::StatusOr<Probe>(double)>& measure,
    const std::function<void(const Probe&)>& on_probe);

}  // namespace lookbook
