#include "client/load/probe.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/status_macros.h"

namespace lookbook {
namespace {

// Every call was refused as one too many, or took too long.
bool IsOverloadAlone(const WindowTally& tally) {
  const int64_t ended = std::accumulate(tally.codes.begin(), tally.codes.end(), int64_t{0});
  const auto count = [&](absl::StatusCode code) { return tally.codes[static_cast<size_t>(code)]; };
  return ended > 0 && ended == count(absl::StatusCode::kDeadlineExceeded) +
                                   count(absl::StatusCode::kResourceExhausted);
}

// What leaves a miss a miss.
bool MayBeMiss(const Problem& problem, const WindowTally& tally) {
  return problem.kind == Problem::Kind::kInFlightCap || problem.kind == Problem::Kind::kLag ||
         (problem.kind == Problem::Kind::kNoAnswer && IsOverloadAlone(tally));
}

bool IsInterrupted(const Probe& probe) {
  return std::any_of(probe.problems.begin(), probe.problems.end(), [](const Problem& problem) {
    return problem.kind == Problem::Kind::kInterrupted;
  });
}

}  // namespace

const char* OutcomeName(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::kMet:
      return "met";
    case ProbeOutcome::kMissed:
      return "missed";
    case ProbeOutcome::kUnstable:
      return "not stable";
    case ProbeOutcome::kDisturbed:
      return "disturbed";
  }
  return "";
}

ProbeOutcome JudgeProbe(const Measurement& measurement, const std::vector<Problem>& problems) {
  const bool may_be_miss =
      std::all_of(problems.begin(), problems.end(),
                  [&](const Problem& problem) { return MayBeMiss(problem, measurement.total); });
  if (!may_be_miss) return ProbeOutcome::kDisturbed;
  if (measurement.total.WithinShareOnceSent() < kProbeShare) return ProbeOutcome::kMissed;
  if (!problems.empty()) return ProbeOutcome::kDisturbed;
  if (measurement.total.WithinShare() < kProbeShare) return ProbeOutcome::kMissed;
  return measurement.stable ? ProbeOutcome::kMet : ProbeOutcome::kUnstable;
}

absl::StatusOr<RateSearchResult> FindRate(
    const RateSearchOptions& options, const std::function<absl::StatusOr<Probe>(double)>& measure,
    const std::function<void(const Probe&)>& on_probe) {
  RateSearch search(options);
  RateSearchResult result;
  bool again = false;  // The last probe was disturbed.
  while (const std::optional<double> rate = search.Next()) {
    LB_ASSIGN_OR_RETURN(Probe probe, measure(*rate));
    probe.rate = *rate;
    probe.outcome = JudgeProbe(probe.measurement, probe.problems);
    on_probe(probe);
    const bool disturbed = probe.outcome == ProbeOutcome::kDisturbed;
    const bool met = probe.outcome == ProbeOutcome::kMet;
    if (met) result.best = result.probes.size();
    const bool give_up = disturbed && (again || IsInterrupted(probe));
    result.probes.push_back(std::move(probe));
    if (give_up) {
      result.disturbed = true;
      return result;
    }
    again = disturbed;
    if (!disturbed) search.Report(met);
  }
  result.rate = search.highest_met();
  result.missed = search.lowest_missed();
  result.precise = search.IsPrecise();
  return result;
}

}  // namespace lookbook
