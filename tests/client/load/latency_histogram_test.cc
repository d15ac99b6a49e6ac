#include "client/load/latency_histogram.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

double Ms(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

LatencyHistogram OneToHundred() {
  LatencyHistogram histogram;
  for (int i = 100; i >= 1; --i) histogram.Add(absl::Milliseconds(i));
  return histogram;
}

TEST(LatencyHistogramTest, QuantilesAreNearestRankUpToHalfAPercentAbove) {
  const LatencyHistogram histogram = OneToHundred();
  for (const auto& [q, rank] : std::vector<std::pair<double, double>>{
           {0.01, 1}, {0.07, 7}, {0.5, 50}, {0.505, 51}, {0.9, 90}, {0.95, 95}, {0.99, 99}}) {
    EXPECT_GE(Ms(histogram.Quantile(q)), rank - 1e-9) << q;
    EXPECT_LE(Ms(histogram.Quantile(q)), rank * 1.0051) << q;
  }
  EXPECT_DOUBLE_EQ(Ms(histogram.Quantile(1)), 100);
}

TEST(LatencyHistogramTest, MeanAndMaxAreExact) {
  const LatencyHistogram histogram = OneToHundred();
  EXPECT_EQ(histogram.count(), 100);
  EXPECT_DOUBLE_EQ(Ms(histogram.Mean()), 50.5);
  EXPECT_DOUBLE_EQ(Ms(histogram.Max()), 100);
}

TEST(LatencyHistogramTest, AnEmptyOneIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.Quantile(0.99), absl::ZeroDuration());
  EXPECT_EQ(histogram.Mean(), absl::ZeroDuration());
}

TEST(LatencyHistogramTest, MergingIsAddingAll) {
  LatencyHistogram low, high;
  for (int i = 1; i <= 50; ++i) low.Add(absl::Milliseconds(i));
  for (int i = 51; i <= 100; ++i) high.Add(absl::Milliseconds(i));
  low.Merge(high);
  const LatencyHistogram all = OneToHundred();
  EXPECT_EQ(low.count(), 100);
  EXPECT_EQ(low.Mean(), all.Mean());
  EXPECT_EQ(low.Max(), all.Max());
  EXPECT_EQ(low.Quantile(0.9), all.Quantile(0.9));
}

TEST(LatencyHistogramTest, WhatLiesOutsideIsCountedAtTheEdge) {
  LatencyHistogram histogram;
  histogram.Add(absl::ZeroDuration());
  histogram.Add(absl::Nanoseconds(3));
  histogram.Add(absl::Hours(24));
  EXPECT_EQ(histogram.count(), 3);
  EXPECT_LE(histogram.Quantile(0.5), absl::Microseconds(1));
  EXPECT_GE(histogram.Quantile(1), absl::Seconds(10'000));
}

}  // namespace
}  // namespace lookbook
