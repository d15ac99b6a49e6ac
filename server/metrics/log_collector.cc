#include "server/metrics/log_collector.h"

#include <string>
#include <utility>

#include "base/background_log.h"
#include "base/log_drops.h"
#include "base/logging.h"

namespace lookbook {
namespace {

constexpr LogLevel kLevels[] = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                                LogLevel::kError};

constexpr std::pair<LogDrop, const char*> kDrops[] = {
    {LogDrop::kRequest, "request"}, {LogDrop::kError, "error"}, {LogDrop::kRepeated, "repeated"}};

prometheus::MetricFamily CounterFamily(std::string name, std::string help) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = prometheus::MetricType::Counter;
  return family;
}

prometheus::ClientMetric& AddSeries(prometheus::MetricFamily& family, int64_t value) {
  prometheus::ClientMetric& series = family.metric.emplace_back();
  series.counter.value = static_cast<double>(value);
  return series;
}

}  // namespace

std::vector<prometheus::MetricFamily> LogCollector::Collect() const {
  prometheus::MetricFamily made = CounterFamily(
      "lookbook_log_messages_total", "Log lines that were made, by level, dropped ones included.");
  for (const LogLevel level : kLevels) {
    AddSeries(made, LoggedLines(level))
        .label.push_back({"level", std::string(LogLevelName(level))});
  }
  prometheus::MetricFamily dropped = CounterFamily(
      "lookbook_log_dropped_total",
      "Log lines that nobody took in time (unread), or that were left out by intention.");
  AddSeries(dropped, DroppedLogLines()).label.push_back({"reason", "unread"});
  for (const auto& [drop, name] : kDrops) {
    AddSeries(dropped, LogDrops(drop)).label.push_back({"reason", name});
  }
  return {std::move(made), std::move(dropped)};
}

}  // namespace lookbook
