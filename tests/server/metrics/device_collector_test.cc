#include "server/metrics/device_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// "name{label=value,…}" -> value.
std::map<std::string, double> Collected(const BackendStats& stats) {
  std::map<std::string, double> values;
  for (const auto& family : DeviceCollector([&] { return stats; }).Collect()) {
    for (const auto& metric : family.metric) {
      std::string name = family.name;
      for (const auto& label : metric.label)
        absl::StrAppend(&name, " ", label.name, "=", label.value);
      values[name] = family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                                    : metric.gauge.value;
    }
  }
  return values;
}

TEST(DeviceCollectorTest, ShowsEveryDeviceBucketAndCause) {
  BackendStats stats;
  stats.devices = {
      {.name = "0", .memory_used_bytes = 10, .memory_total_bytes = 80, .utilization = 0.5},
      {.name = "3", .memory_used_bytes = 20, .memory_total_bytes = 80, .utilization = 0}};
  stats.graph_replays = {{1, 7}, {64, 9}};
  stats.fallbacks[static_cast<int>(Fallback::kTies)] = 4;
  EXPECT_THAT(Collected(stats),
              UnorderedElementsAre(Pair("lookbook_gpu_memory_bytes device=0 state=used", 10),
                                   Pair("lookbook_gpu_memory_bytes device=0 state=total", 80),
                                   Pair("lookbook_gpu_memory_bytes device=3 state=used", 20),
                                   Pair("lookbook_gpu_memory_bytes device=3 state=total", 80),
                                   Pair("lookbook_gpu_utilization_ratio device=0", 0.5),
                                   Pair("lookbook_gpu_utilization_ratio device=3", 0),
                                   Pair("lookbook_cuda_graph_replays_total bucket=1", 7),
                                   Pair("lookbook_cuda_graph_replays_total bucket=64", 9),
                                   Pair("lookbook_gpu_fallbacks_total cause=filter", 0),
                                   Pair("lookbook_gpu_fallbacks_total cause=ties", 4),
                                   Pair("lookbook_gpu_fallbacks_total cause=large_k", 0),
                                   Pair("lookbook_gpu_fallbacks_total cause=exact", 0),
                                   Pair("lookbook_gpu_fallbacks_total cause=memory", 0),
                                   Pair("lookbook_gpu_fallbacks_total cause=capture", 0)));
}

TEST(DeviceCollectorTest, WhatIsNotKnownIsLeftOut) {
  BackendStats stats;
  stats.devices = {{.name = "0"}};
  EXPECT_EQ(Collected(stats).size(), static_cast<size_t>(kFallbacks));
}

}  // namespace
}  // namespace lookbook
