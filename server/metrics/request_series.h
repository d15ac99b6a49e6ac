// What is counted per call: by method, stage and reason.
#pragma once

#include <array>
#include <cstddef>

#include "absl/status/status.h"
#include "server/metrics/metric_handles.h"

namespace lookbook {

inline constexpr std::array<const char*, 10> kMethodNames = {
    "Search",  "SearchStream", "Embed",          "GetItem",        "ListClasses",
    "GetInfo", "ListBundles",  "ActivateBundle", "RollbackBundle", "SetLogLevel"};
inline constexpr std::array<const char*, 6> kStageNames = {"decode", "preprocess", "queue",
                                                           "embed",  "search",     "reply"};
inline constexpr std::array<const char*, 5> kShedReasons = {"queue_full", "deadline", "rate",
                                                            "draining", "memory"};
inline constexpr size_t kStatusCodes = 17;  // OK and the 16 errors of gRPC.

// "OK", "INVALID_ARGUMENT", …; "UNKNOWN" for anything gRPC does not know.
const char* CodeName(absl::StatusCode code);

// Thread-safe. `registry` must outlive this object.
struct RequestSeries {
  explicit RequestSeries(prometheus::Registry& registry);

  struct OfMethod {
    std::array<CounterHandle, kStatusCodes> by_code;
    HistogramHandle duration_seconds;
    HistogramHandle deadline_remaining_seconds;
    GaugeHandle in_flight;
  };
  std::array<OfMethod, kMethodNames.size()> methods;
  std::array<HistogramHandle, kStageNames.size()> stage_seconds;
  std::array<CounterHandle, kStageNames.size()> stage_cpu_seconds;  // None for the queue.
  std::array<CounterHandle, kStageNames.size()> cancelled;
  std::array<CounterHandle, kShedReasons.size()> shed;
};

}  // namespace lookbook
