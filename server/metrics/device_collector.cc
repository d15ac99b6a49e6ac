#include "server/metrics/device_collector.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<prometheus::ClientMetric::Label>;

MetricFamily Family(const char* name, const char* help, MetricType type) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

void Add(MetricFamily& family, Labels labels, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.counter.value = value;
  metric.gauge.value = value;
}

MetricFamily Memory(const BackendStats& stats) {
  MetricFamily family =
      Family("lookbook_gpu_memory_bytes", "Memory of the device, used by every process and in all.",
             MetricType::Gauge);
  for (const DeviceStats& device : stats.devices) {
    if (device.memory_total_bytes < 0) continue;
    Add(family, {{"device", device.name}, {"state", "used"}},
        static_cast<double>(device.memory_used_bytes));
    Add(family, {{"device", device.name}, {"state", "total"}},
        static_cast<double>(device.memory_total_bytes));
  }
  return family;
}

MetricFamily Utilization(const BackendStats& stats) {
  MetricFamily family =
      Family("lookbook_gpu_utilization_ratio",
             "Share of the last sampling period in which the device computed.", MetricType::Gauge);
  for (const DeviceStats& device : stats.devices) {
    if (device.utilization >= 0) Add(family, {{"device", device.name}}, device.utilization);
  }
  return family;
}

MetricFamily Fallbacks(const BackendStats& stats) {
  MetricFamily family =
      Family("lookbook_gpu_fallbacks_total", "Work not done on the device, or not in the fast way.",
             MetricType::Counter);
  for (int i = 0; i < kFallbacks; ++i) {
    Add(family, {{"cause", FallbackName(static_cast<Fallback>(i))}},
        static_cast<double>(stats.fallbacks[i]));
  }
  return family;
}

MetricFamily Replays(const BackendStats& stats) {
  MetricFamily family = Family("lookbook_cuda_graph_replays_total",
                               "Batches run by replaying a recorded graph.", MetricType::Counter);
  for (const auto& [bucket, replays] : stats.graph_replays) {
    Add(family, {{"bucket", absl::StrCat(bucket)}}, static_cast<double>(replays));
  }
  return family;
}

}  // namespace

std::vector<MetricFamily> DeviceCollector::Collect() const {
  const BackendStats stats = stats_();
  std::vector<MetricFamily> families;
  for (MetricFamily family :
       {Memory(stats), Utilization(stats), Fallbacks(stats), Replays(stats)}) {
    if (!family.metric.empty()) families.push_back(std::move(family));
  }
  return families;
}

}  // namespace lookbook
