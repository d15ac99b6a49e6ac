#include "server/metrics/log_collector.h"

#include "base/background_log.h"

namespace lookbook {

std::vector<prometheus::MetricFamily> LogCollector::Collect() const {
  prometheus::ClientMetric metric;
  metric.counter.value = static_cast<double>(DroppedLogLines());
  prometheus::MetricFamily family;
  family.name = "lookbook_log_dropped_total";
  family.help = "Log lines that were dropped because nobody took them in time.";
  family.type = prometheus::MetricType::Counter;
  family.metric = {metric};
  return {family};
}

}  // namespace lookbook
