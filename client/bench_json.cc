#include "client/bench_json.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "base/version.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

double Milliseconds(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

Json LatencyJson(const LatencyFigures& latency) {
  return {{"mean", Milliseconds(latency.mean)}, {"p50", Milliseconds(latency.p50)},
          {"p90", Milliseconds(latency.p90)},   {"p95", Milliseconds(latency.p95)},
          {"p99", Milliseconds(latency.p99)},   {"max", Milliseconds(latency.max)}};
}

Json CodesJson(const Figures& figures) {
  Json json = Json::object();
  for (size_t code = 0; code < figures.codes.size(); ++code) {
    if (figures.codes[code] == 0 && code != 0) continue;
    json[absl::StatusCodeToString(static_cast<absl::StatusCode>(code))] = figures.codes[code];
  }
  return json;
}

Json StagesJson(const StageTimes& mean) {
  Json json;
  for (size_t i = 0; i < mean.size(); ++i) json[kStageNames[i]] = 1e3 * mean[i];
  return json;
}

std::optional<double> InMilliseconds(const std::optional<double>& seconds) {
  return seconds ? std::optional<double>(1e3 * *seconds) : std::nullopt;
}

Json FiguresJson(const Figures& figures) {
  return {{"answers_per_s", figures.answers_per_second},
          {"within_objective_per_s", figures.within_per_second},
          {"within_objective_share", figures.within_share},
          {"latency_ms", LatencyJson(figures.latency)},
          {"shed_latency_ms", figures.shed_latency ? LatencyJson(*figures.shed_latency) : Json()},
          {"queries", figures.queries},
          {"codes", CodesJson(figures)},
          {"server_stages_mean_ms", figures.stage_mean ? StagesJson(*figures.stage_mean) : Json()},
          {"sent_bytes_per_s", figures.sent_bytes_per_second},
          {"server_cpu_ms_per_query", OrNull(InMilliseconds(figures.server_cpu_per_query))},
          {"generator_cpu_ms_per_query", 1e3 * figures.own_cpu_per_query},
          {"foreign_cpu_share", OrNull(figures.foreign_share)}};
}

// The same fields, all null.
Json NoFiguresJson() {
  Json json = FiguresJson(Figures());
  for (auto& field : json.items()) field.value() = nullptr;
  return json;
}

Json RowJson(const BenchRow& row) {
  Json problems = Json::array();
  for (const Problem& problem : row.problems) {
    problems.push_back({{"kind", KindName(problem.kind)}, {"message", problem.message}});
  }
  Json json = {{"offered_per_s", row.rate > 0 ? Json(row.rate) : Json()}};
  if (!row.outcome.empty()) json["outcome"] = row.outcome;
  json["windows"] = row.windows;
  json["stable"] = row.stable;
  json["problems"] = std::move(problems);
  json["figures"] = row.figures ? FiguresJson(*row.figures) : NoFiguresJson();
  return json;
}

Json ServerJson(const BenchReport& report) {
  const v1::BundleInfo& bundle = report.bundle;
  return {{"target", report.target},         {"version", report.info.version()},
          {"commit", report.info.commit()},  {"device", report.info.device()},
          {"bundle", bundle.name()},         {"bundle_id", bundle.bundle_id()},
          {"backbone", bundle.backbone()},   {"image_size", bundle.image_size()},
          {"items", bundle.items()},         {"dim", bundle.dim()},
          {"pid", OrNull(report.server_pid)}};
}

Json LoadJson(const BenchReport& report) {
  const LoadDescription& load = report.load;
  const bool open = load.rate > 0 || report.p99_target;
  return {{"loop", open ? "open" : "closed"},
          {"offered_per_s", load.rate > 0 ? Json(load.rate) : Json()},
          {"arrivals", open ? Json("poisson") : Json()},
          {"seed", open ? Json(load.seed) : Json()},
          {"max_in_flight", open ? Json(load.max_in_flight) : Json()},
          {"concurrency", load.rate > 0 ? Json() : Json(load.concurrency)},
          {"channels", load.channels},
          {"deadline_s", absl::ToDoubleSeconds(load.deadline)},
          {"objective_ms", Milliseconds(load.objective)},
          {"different_queries", load.queries},
          {"query_bytes", load.query_bytes},
          {"top_k", load.top_k}};
}

Json SearchJson(const BenchReport& report) {
  Json probes = Json::array();
  for (const BenchRow& row : report.probes) probes.push_back(RowJson(row));
  return {{"p99_target_ms", Milliseconds(*report.p99_target)},
          {"highest_rate_met_per_s", OrNull(report.found_rate)},
          {"precise", report.precise},
          {"probes", std::move(probes)}};
}

}  // namespace

std::string BenchToJson(const BenchReport& report) {
  Json json = {
      {"tool", "lookbook bench"},
      {"version", std::string(Version())},
      {"commit", std::string(GitCommit())},
      {"started", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", report.started, absl::UTCTimeZone())},
      {"cores", report.cores},
      {"server", ServerJson(report)},
      {"load", LoadJson(report)},
      {"recall",
       {{"value", OrNull(report.recall.recall)},
        {"index", report.recall.index},
        {"search", report.recall.search},
        {"basis", report.recall.basis}}},
      {"result", RowJson(report.result)}};
  if (report.p99_target) json["rate_search"] = SearchJson(report);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lookbook
