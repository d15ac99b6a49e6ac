#include "client/load/verdict.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lookbook {
namespace {

constexpr char kBottleneck[] = "the generator was the bottleneck: ";

std::string Percent(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

std::string CapMessage(const WindowTally& tally) {
  return absl::StrCat(kBottleneck, tally.left_out, " of ", tally.due,
                      " queries were not sent, because too many were in flight; raise "
                      "--max-in-flight and --channels, or lower the rate");
}

std::string LagMessage(absl::Duration lag, const VerdictLimits& limits) {
  return absl::StrCat(
      kBottleneck,
      absl::StrFormat("one query in a hundred was sent %.1f ms late or later (limit %.1f ms)",
                      absl::ToDoubleMilliseconds(lag), absl::ToDoubleMilliseconds(limits.lag)));
}

std::string ForeignMessage(double share, ServerPlace place, const VerdictLimits& limits) {
  const char* hint = place == ServerPlace::kElsewhere
                         ? "; if the server runs on this machine, name it with --server-pid"
                         : "";
  return absl::StrCat("other processes disturbed the run: they used ", Percent(share),
                      " of this machine's CPU (limit ", Percent(limits.foreign_share), ")", hint);
}

}  // namespace

const char* KindName(Problem::Kind kind) {
  switch (kind) {
    case Problem::Kind::kInFlightCap:
      return "in_flight_cap";
    case Problem::Kind::kLag:
      return "lag";
    case Problem::Kind::kOwnCpu:
      return "own_cpu";
    case Problem::Kind::kForeignLoad:
      return "foreign_load";
    case Problem::Kind::kNoAnswer:
      return "no_answer";
    case Problem::Kind::kServerChanged:
      return "server_changed";
    case Problem::Kind::kInterrupted:
      return "interrupted";
  }
  return "";
}

std::vector<Problem> FindProblems(const Measurement& measurement, ServerPlace place, int cores,
                                  const VerdictLimits& limits) {
  using Kind = Problem::Kind;
  if (measurement.interrupted) return {{Kind::kInterrupted, "interrupted"}};
  const WindowTally& tally = measurement.total;
  std::vector<Problem> problems;
  if (tally.answered() == 0) {
    problems.push_back({Kind::kNoAnswer,
                        absl::StrCat("no query was answered: ",
                                     tally.sent() > 0 ? CodesText(tally.codes) : "none came due")});
  }
  if (tally.left_out > 0) problems.push_back({Kind::kInFlightCap, CapMessage(tally)});
  const absl::Duration lag = tally.lag.Quantile(0.99);
  if (lag > limits.lag) problems.push_back({Kind::kLag, LagMessage(lag, limits)});
  const double machine = absl::ToDoubleSeconds(tally.length) * cores;
  const double own = machine > 0 ? tally.cpu.own / machine : 0;
  if (own > limits.own_share) {
    problems.push_back({Kind::kOwnCpu, absl::StrCat(kBottleneck, "it used ", Percent(own),
                                                    " of this machine's CPU (limit ",
                                                    Percent(limits.own_share), ")")});
  }
  if (place == ServerPlace::kThisMachine) return problems;
  const double foreign = ForeignShare(tally.cpu, tally.length, cores);
  if (foreign > limits.foreign_share) {
    problems.push_back({Kind::kForeignLoad, ForeignMessage(foreign, place, limits)});
  }
  return problems;
}

}  // namespace lookbook
