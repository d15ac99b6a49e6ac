#include "client/load/figures.h"

namespace lookbook {
namespace {

LatencyFigures MakeLatency(const LatencyHistogram& latency) {
  return {.mean = latency.Mean(),
          .p50 = latency.Quantile(0.50),
          .p90 = latency.Quantile(0.90),
          .p95 = latency.Quantile(0.95),
          .p99 = latency.Quantile(0.99),
          .max = latency.Max()};
}

std::optional<StageTimes> StageMeans(const WindowTally& tally) {
  if (tally.staged == 0) return std::nullopt;
  StageTimes means = tally.stage_sums;
  for (double& seconds : means) seconds /= static_cast<double>(tally.staged);
  return means;
}

}  // namespace

std::optional<Figures> MakeFigures(const Measurement& measurement,
                                   const std::vector<Problem>& problems, ServerPlace place,
                                   int cores) {
  const WindowTally& tally = measurement.total;
  if (!problems.empty() || tally.sent() == 0) return std::nullopt;
  const double seconds = absl::ToDoubleSeconds(tally.length);
  const auto sent = static_cast<double>(tally.sent());
  Figures figures{.answers_per_second = static_cast<double>(tally.answered()) / seconds,
                  .within_per_second = static_cast<double>(tally.within) / seconds,
                  .within_share = tally.WithinShare(),
                  .latency = MakeLatency(tally.latency),
                  .codes = tally.codes,
                  .queries = tally.due,
                  .stage_mean = StageMeans(tally),
                  .sent_bytes_per_second = static_cast<double>(tally.sent_bytes) / seconds,
                  .own_cpu_per_query = tally.cpu.own / sent};
  if (tally.shed.count() > 0) figures.shed_latency = MakeLatency(tally.shed);
  if (place == ServerPlace::kKnownProcess) figures.server_cpu_per_query = tally.cpu.server / sent;
  if (place != ServerPlace::kThisMachine) {
    figures.foreign_share = ForeignShare(tally.cpu, tally.length, cores);
  }
  return figures;
}

}  // namespace lookbook
