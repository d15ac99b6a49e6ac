#include "client/load/poisson_arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lookbook {
namespace {

constexpr int kCount = 20'000;
const absl::Time kBegin = absl::UnixEpoch() + absl::Hours(1);

std::vector<absl::Time> Schedule(double rate, uint64_t seed, int count = kCount) {
  PoissonArrivals arrivals(rate, seed, kBegin);
  std::vector<absl::Time> times;
  for (int i = 0; i < count; ++i, arrivals.Advance()) times.push_back(arrivals.due());
  return times;
}

// Seconds, sorted.
std::vector<double> Gaps(double rate) {
  const std::vector<absl::Time> times = Schedule(rate, 1);
  std::vector<double> gaps;
  for (size_t i = 1; i < times.size(); ++i) {
    gaps.push_back(absl::ToDoubleSeconds(times[i] - times[i - 1]));
  }
  std::sort(gaps.begin(), gaps.end());
  return gaps;
}

TEST(PoissonArrivalsTest, EqualSeedsGiveEqualSchedules) {
  EXPECT_EQ(Schedule(50, 7, 100), Schedule(50, 7, 100));
  EXPECT_NE(Schedule(50, 7, 100), Schedule(50, 8, 100));
  EXPECT_EQ(Schedule(50, 7, 1)[0], kBegin);
}

// The standard error of the mean is 1 / sqrt(20,000) = 0.7 %.
TEST(PoissonArrivalsTest, TheMeanRateIsTheOneAskedFor) {
  for (const double rate : {0.5, 80.0, 10'000.0}) {
    const double seconds = absl::ToDoubleSeconds(Schedule(rate, 1).back() - kBegin);
    EXPECT_NEAR((kCount - 1) / seconds / rate, 1, 0.03) << rate;
  }
}

// Kolmogorov and Smirnov: 1.63 / sqrt(n) is exceeded by one seed in a hundred.
TEST(PoissonArrivalsTest, GapsAreExponential) {
  const double rate = 80;
  const std::vector<double> gaps = Gaps(rate);
  double worst = 0;
  for (size_t i = 0; i < gaps.size(); ++i) {
    const double expected = 1 - std::exp(-rate * gaps[i]);
    worst = std::max(worst, std::abs(expected - (i + 0.5) / gaps.size()));
  }
  EXPECT_LT(worst, 1.63 / std::sqrt(gaps.size()));
}

// Counts per second have a variance equal to their mean, which evenly spaced arrivals do not.
TEST(PoissonArrivalsTest, CountsVaryAsMuchAsTheirMean) {
  const double rate = 80;
  std::vector<double> counts(kCount / 80 - 5);
  for (const absl::Time time : Schedule(rate, 1)) {
    const auto second = static_cast<size_t>(absl::ToDoubleSeconds(time - kBegin));
    if (second < counts.size()) ++counts[second];
  }
  double sum = 0, squares = 0;
  for (const double count : counts) sum += count, squares += count * count;
  const double mean = sum / counts.size();
  EXPECT_NEAR((squares / counts.size() - mean * mean) / mean, 1, 0.3);
}

}  // namespace
}  // namespace lookbook
