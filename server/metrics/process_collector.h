// The process_* metrics that Prometheus client libraries usually bring and prometheus-cpp does not.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

namespace lookbook {

// The numbers of /proc/self/stat that are exported.
struct ProcessStat {
  double cpu_seconds = 0;  // User and system, of all threads.
  int64_t threads = 0;
  double start_seconds = 0;  // After the machine's boot.
  double virtual_bytes = 0;
  double resident_bytes = 0;
};

// The content of /proc/<pid>/stat; null when it has another form. `ticks_per_second` and
// `page_bytes` are sysconf's _SC_CLK_TCK and _SC_PAGESIZE.
std::optional<ProcessStat> ParseProcessStat(absl::string_view text, double ticks_per_second,
                                            double page_bytes);

// "btime" of /proc/stat: when the machine booted, in seconds since 1970.
std::optional<double> ParseBootTime(absl::string_view text);

// Reads /proc at every scrape. A number that the system does not give is left out.
// Immutable. Thread-safe.
class ProcessCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace lookbook
