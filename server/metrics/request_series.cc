#include "server/metrics/request_series.h"

#include <string>

#include "server/metrics/buckets.h"

namespace lookbook {
namespace {

constexpr std::array<const char*, kStatusCodes> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

void AddMethod(prometheus::Registry& registry, const std::string& method,
               RequestSeries::OfMethod& series) {
  for (size_t code = 0; code < kStatusCodes; ++code) {
    series.by_code[code] = AddCounter(registry, "lookbook_requests_total",
                                      "Calls that ended, by method and gRPC status.",
                                      {{"method", method}, {"code", kCodeNames[code]}});
  }
  series.duration_seconds = AddHistogram(registry, "lookbook_request_duration_seconds",
                                         "Time from a call's arrival to its end.", LatencyBuckets(),
                                         {{"method", method}});
  series.deadline_remaining_seconds =
      AddHistogram(registry, "lookbook_deadline_remaining_seconds",
                   "Time that a call had left when it arrived, after the server's cap.",
                   DeadlineBuckets(), {{"method", method}});
  series.in_flight = AddGauge(registry, "lookbook_requests_in_flight",
                              "Calls that arrived and have not ended.", {{"method", method}});
}

}  // namespace

const char* CodeName(absl::StatusCode code) {
  const auto index = static_cast<size_t>(code);
  return kCodeNames[index < kStatusCodes ? index : 2];
}

RequestSeries::RequestSeries(prometheus::Registry& registry) {
  for (size_t i = 0; i < methods.size(); ++i) AddMethod(registry, kMethodNames[i], methods[i]);
  for (size_t i = 0; i < kStageNames.size(); ++i) {
    stage_seconds[i] =
        AddHistogram(registry, "lookbook_stage_duration_seconds", "Time a call spent in one stage.",
                     LatencyBuckets(), {{"stage", kStageNames[i]}});
    if (i != static_cast<size_t>(Stage::kQueue)) {
      stage_cpu_seconds[i] =
          AddCounter(registry, "lookbook_stage_cpu_seconds_total",
                     "CPU time of the threads that run a stage.", {{"stage", kStageNames[i]}});
    }
    cancelled[i] = AddCounter(registry, "lookbook_cancelled_total",
                              "Calls that their caller gave up, by the stage they had reached.",
                              {{"stage", kStageNames[i]}});
  }
  for (size_t i = 0; i < kShedReasons.size(); ++i) {
    shed[i] = AddCounter(registry, "lookbook_shed_total",
                         "Calls refused or dropped to keep the server within its limits.",
                         {{"reason", kShedReasons[i]}});
  }
}

}  // namespace lookbook
