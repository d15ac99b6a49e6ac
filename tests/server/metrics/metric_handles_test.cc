#include "server/metrics/metric_handles.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace lookbook {
namespace {

TEST(MetricHandlesTest, CounterAddsUp) {
  prometheus::Registry registry;
  CounterHandle counter = AddCounter(registry, "a_total", "help");
  counter.Add();
  counter.Add(2.5);
  EXPECT_EQ(counter.Value(), 3.5);
}

TEST(MetricHandlesTest, GaugeIsSetAndMoved) {
  prometheus::Registry registry;
  GaugeHandle gauge = AddGauge(registry, "a", "help");
  gauge.Set(7);
  gauge.Add(-2);
  EXPECT_EQ(gauge.Value(), 5);
}

TEST(MetricHandlesTest, HistogramCountsObservations) {
  prometheus::Registry registry;
  HistogramHandle histogram = AddHistogram(registry, "a_seconds", "help", {0.1, 1});
  EXPECT_EQ(histogram.Count(), 0u);
  for (double value : {0.05, 0.1, 5.0}) histogram.Observe(value);
  EXPECT_EQ(histogram.Count(), 3u);
  const auto buckets = registry.Collect().at(0).metric.at(0).histogram.bucket;
  EXPECT_EQ(buckets.at(0).cumulative_count, 2u) << "an upper bound belongs to its bucket";
}

TEST(MetricHandlesTest, SameNameWithOtherLabelsIsAnotherSeries) {
  prometheus::Registry registry;
  CounterHandle a = AddCounter(registry, "x_total", "help", {{"kind", "a"}});
  CounterHandle b = AddCounter(registry, "x_total", "help", {{"kind", "b"}});
  a.Add();
  EXPECT_EQ(b.Value(), 0);
  EXPECT_EQ(registry.Collect().size(), 1u);
}

TEST(MetricHandlesTest, ManyThreadsMayCountAtOnce) {
  prometheus::Registry registry;
  CounterHandle counter = AddCounter(registry, "a_total", "help");
  HistogramHandle histogram = AddHistogram(registry, "a_seconds", "help", {1});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([=]() mutable {
      for (int i = 0; i < 1000; ++i) {
        counter.Add();
        histogram.Observe(0.5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.Value(), 4000);
  EXPECT_EQ(histogram.Count(), 4000u);
}

}  // namespace
}  // namespace lookbook
