// What became of the process's own log lines.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace lookbook {

// lookbook_log_messages_total{level} and lookbook_log_dropped_total{reason}: base/logging.h,
// base/background_log.h and base/log_drops.h count, this reads them at every scrape. Immutable.
// Thread-safe.
class LogCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace lookbook
