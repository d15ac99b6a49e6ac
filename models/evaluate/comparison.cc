#include "models/evaluate/comparison.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lookbook {
namespace {

absl::Status CheckSameImages(const RunOutputs& a, const RunOutputs& b) {
  if (a.image_ids.empty()) return absl::InvalidArgumentError("there is no image to compare on");
  for (size_t i = 0; i < std::max(a.image_ids.size(), b.image_ids.size()); ++i) {
    const std::string in_a = i < a.image_ids.size() ? a.image_ids[i] : "nothing";
    const std::string in_b = i < b.image_ids.size() ? b.image_ids[i] : "nothing";
    if (in_a == in_b) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("query ", i, " is ", in_a, " for ", a.name, " but ", in_b, " for ", b.name));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::pair<std::string, ResampledMetric>> ResampledMetrics(const RunOutputs& run) {
  std::vector<std::pair<std::string, ResampledMetric>> out;
  out.emplace_back("map", MeanAveragePrecisionOf(run.scores, run.labels));
  out.emplace_back("f1_macro", MacroF1Of(run.scores, run.labels));
  if (!run.thresholds.empty())
    out.emplace_back("f1_macro_tuned", MacroF1Of(run.scores, run.labels, run.thresholds));
  for (auto& [name, values] : PerQueryValues(run.queries))
    out.emplace_back(name, MeanOf(std::move(values)));
  return out;
}

std::map<std::string, Interval> IntervalsOf(const RunOutputs& run,
                                            const BootstrapOptions& options) {
  std::map<std::string, Interval> out;
  const auto queries = static_cast<int64_t>(run.image_ids.size());
  for (const auto& [name, metric] : ResampledMetrics(run))
    out[name] = Bootstrap(queries, metric, options);
  return out;
}

absl::StatusOr<Comparison> CompareRuns(const std::string& split, const RunOutputs& a,
                                       const RunOutputs& b, const BootstrapOptions& options) {
  if (absl::Status status = CheckSameImages(a, b); !status.ok()) return status;
  Comparison out{.a = a.name, .b = b.name, .split = split, .bootstrap = options};
  out.queries = static_cast<int64_t>(a.image_ids.size());
  std::map<std::string, ResampledMetric> of_b;
  for (auto& [name, metric] : ResampledMetrics(b)) of_b[name] = std::move(metric);
  for (const auto& [name, of_a] : ResampledMetrics(a)) {
    const auto found = of_b.find(name);
    if (found != of_b.end())
      out.metrics.push_back({name, ComparePaired(out.queries, of_a, found->second, options)});
  }
  return out;
}

std::string ComparisonTable(const Comparison& comparison) {
  std::string out = absl::StrFormat(
      "A  %s\nB  %s\n%s: %d queries, %d resamples\n  %-22s %8s %8s %9s   %-20s %7s\n", comparison.a,
      comparison.b, comparison.split, comparison.queries, comparison.bootstrap.resamples, "metric",
      "A", "B", "B - A", absl::StrFormat("%.0f %% interval", 100 * comparison.bootstrap.confidence),
      "p");
  for (const MetricComparison& metric : comparison.metrics) {
    const PairedDifference& r = metric.result;
    absl::StrAppendFormat(&out, "  %-22s %8.4f %8.4f %+9.4f   %-20s %7.4f%s\n", metric.metric, r.a,
                          r.b, r.difference.value,
                          absl::StrFormat("%+.4f … %+.4f", r.difference.low, r.difference.high),
                          r.p, ClaimOf(r) == Claim::kNone ? "" : " *");
  }
  return out;
}

std::string ComparisonToJson(const Comparison& comparison) {
  nlohmann::ordered_json json = {{"split", comparison.split},
                                 {"a", comparison.a},
                                 {"b", comparison.b},
                                 {"queries", comparison.queries},
                                 {"resamples", comparison.bootstrap.resamples},
                                 {"seed", comparison.bootstrap.seed},
                                 {"confidence", comparison.bootstrap.confidence},
                                 {"metrics", nlohmann::ordered_json::array()}};
  for (const MetricComparison& metric : comparison.metrics) {
    const PairedDifference& r = metric.result;
    json["metrics"].push_back({{"metric", metric.metric},
                               {"a", r.a},
                               {"b", r.b},
                               {"difference", r.difference.value},
                               {"low", r.difference.low},
                               {"high", r.difference.high},
                               {"p", r.p}});
  }
  return json.dump(2) + "\n";
}

}  // namespace lookbook
