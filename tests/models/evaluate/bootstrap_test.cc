#include "models/evaluate/bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace lookbook {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> Normals(int n, double mean, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(mean, 1);
  std::vector<double> values(n);
  for (double& value : values) value = normal(random);
  return values;
}

TEST(BootstrapTest, IntervalOfAMeanIsTwoStandardErrorsWide) {
  const std::vector<double> values = Normals(400, 3, 1);
  double sum = 0, square = 0;
  for (const double value : values) sum += value;
  for (const double value : values) square += (value - sum / 400) * (value - sum / 400);
  const double error = std::sqrt(square / 400 / 400);
  const Interval got = Bootstrap(400, MeanOf(values), {.resamples = 4000});
  EXPECT_NEAR(got.value, sum / 400, 1e-12);
  EXPECT_NEAR(got.low, got.value - 1.96 * error, 0.15 * error);
  EXPECT_NEAR(got.high, got.value + 1.96 * error, 0.15 * error);
}

TEST(BootstrapTest, TheSeedDecides) {
  const ResampledMetric metric = MeanOf(Normals(50, 0, 2));
  const Interval first = Bootstrap(50, metric), again = Bootstrap(50, metric);
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  EXPECT_NE(first.low, Bootstrap(50, metric, {.seed = 8}).low);
}

TEST(BootstrapTest, ResamplesDrawWithReplacement) {
  int calls = 0;
  bool repeated = false, missing = false;
  Bootstrap(30,
            [&](absl::Span<const int> counts) {
              int sum = 0;
              for (const int count : counts) {
                sum += count;
                repeated = repeated || count > 1;
                missing = missing || count == 0;
              }
              EXPECT_EQ(sum, 30);
              ++calls;
              return 0.0;
            },
            {.resamples = 20});
  EXPECT_EQ(calls, 21);  // And once as it is.
  EXPECT_TRUE(repeated);
  EXPECT_TRUE(missing);
}

TEST(BootstrapTest, QueriesThatAreLeftOutDoNotCount) {
  const std::vector<int> counts = {1, 2, 5, 0};
  EXPECT_EQ(MeanOf({1, 4, kNan, 100})(counts), 3);
  EXPECT_EQ(MeanOf({kNan, kNan, kNan, 1})(counts), 0);
}

// Resamples that lie above the value, as those of mAP do: the interval moves the other way by as
// much, where plain percentiles stand 0.8 standard errors too high.
TEST(BootstrapTest, AMetricThatRepetitionLiftsIsCorrected) {
  const std::vector<double> values = Normals(400, 3, 1);
  const double error = 1.0 / 20, lift = 0.8 * error;
  const auto lifted = [&](absl::Span<const int> counts) {
    const bool repeats = *std::max_element(counts.begin(), counts.end()) > 1;
    return MeanOf(values)(counts) + (repeats ? lift : 0);
  };
  const Interval plain = Bootstrap(400, MeanOf(values), {.resamples = 4000});
  const Interval got = Bootstrap(400, lifted, {.resamples = 4000});
  EXPECT_EQ(got.value, plain.value);
  EXPECT_NEAR(got.low, plain.low - lift, 0.2 * error);
  EXPECT_NEAR(got.high, plain.high - lift, 0.2 * error);
}

TEST(BootstrapTest, AnIntervalStaysWithinTheResamplesAndItsValue) {
  const Interval one = Bootstrap(20, [](absl::Span<const int>) { return 1.0; });
  EXPECT_EQ(one.low, 1);
  EXPECT_EQ(one.high, 1);
  const Interval above = Bootstrap(20, [](absl::Span<const int> counts) {
    return *std::max_element(counts.begin(), counts.end()) > 1 ? 0.75 : 0.5;
  });
  EXPECT_EQ(above.value, 0.5);
  EXPECT_EQ(above.low, 0.5) << "an interval holds its value";
  EXPECT_EQ(above.high, 0.75);
  const Interval below = Bootstrap(20, [](absl::Span<const int> counts) {
    return *std::max_element(counts.begin(), counts.end()) > 1 ? 0.25 : 0.5;
  });
  EXPECT_EQ(below.low, 0.25) << "what resamples never gave is not made up";
  EXPECT_EQ(below.high, 0.5);
}

// Small sets from one population, whose mAP a large set gives: the truth must lie below and above
// the interval about as often.
TEST(BootstrapTest, TheIntervalOfMapMissesOnBothSides) {
  const auto draw = [](int n, std::mt19937& random, std::vector<float>* scores) {
    std::normal_distribution<float> normal(0, 1);
    LabelMatrix labels{.n = n, .classes = 1};
    for (int i = 0; i < n; ++i) {
      labels.values.push_back(random() % 4 == 0);
      scores->push_back(normal(random) + (labels.values.back() ? 1.0F : 0.0F));
    }
    return labels;
  };
  std::mt19937 random(11);
  std::vector<float> scores;
  LabelMatrix labels = draw(100'000, random, &scores);
  const double truth = MeanAveragePrecisionOf(scores, labels)(std::vector<int>(100'000, 1));
  int too_high = 0, too_low = 0;
  for (int set = 0; set < 300; ++set) {
    scores.clear();
    labels = draw(80, random, &scores);
    const Interval got = Bootstrap(80, MeanAveragePrecisionOf(scores, labels),
                                   {.resamples = 300, .confidence = 0.8});
    too_high += got.low > truth;
    too_low += got.high < truth;
  }
  EXPECT_LT(too_high, 3 * too_low);
  EXPECT_LT(too_low, 3 * too_high);
}

// A resample as real rows, measured by the functions that reports use.
class ResampledClassifierTest : public ::testing::Test {
 protected:
  ResampledClassifierTest() {
    std::mt19937 random(6);
    for (int i = 0; i < 40 * 3; ++i) {
      scores_.push_back(static_cast<float>(random() % 12) / 12);  // Ties.
      labels_.values.push_back(i % 3 < 2 && random() % 3 == 0);   // The last class has none.
    }
    for (int i = 0; i < 40; ++i) counts_.push_back(static_cast<int>(random() % 4));
    resampled_.classes = 3;
    for (int row = 0; row < 40; ++row) {
      for (int copy = 0; copy < counts_[row]; ++copy) {
        ++resampled_.n;
        for (int j = 0; j < 3; ++j) {
          resampled_scores_.push_back(scores_[row * 3 + j]);
          resampled_.values.push_back(labels_.at(row, j));
        }
      }
    }
  }
  std::vector<float> scores_, resampled_scores_;
  LabelMatrix labels_{.n = 40, .classes = 3}, resampled_;
  std::vector<int> counts_;
};

TEST_F(ResampledClassifierTest, MapEqualsThatOfTheRows) {
  EXPECT_NEAR(MeanAveragePrecisionOf(scores_, labels_)(counts_),
              EvaluateClassification(resampled_scores_, resampled_).map, 1e-12);
}

TEST_F(ResampledClassifierTest, MacroF1EqualsThatOfTheRows) {
  EXPECT_NEAR(MacroF1Of(scores_, labels_)(counts_),
              EvaluateClassification(resampled_scores_, resampled_).f1_macro, 1e-12);
  const std::vector<float> thresholds = {0.2F, 0.7F, 0.95F};
  EXPECT_NEAR(MacroF1Of(scores_, labels_, thresholds)(counts_),
              EvaluateClassification(resampled_scores_, resampled_, thresholds).f1_macro, 1e-12);
}

TEST(ComparePairedTest, AClearDifferenceIsSeenThroughNoiseThatBothShare) {
  // Queries differ by ±1; the second run is 0.1 ± 0.05 better on each.
  const std::vector<double> a = Normals(200, 0, 3), noise = Normals(200, 0, 4);
  std::vector<double> b = a;
  for (int i = 0; i < 200; ++i) b[i] += 0.1 + 0.05 * noise[i];
  const PairedDifference got = ComparePaired(200, MeanOf(a), MeanOf(b));
  EXPECT_NEAR(got.difference.value, got.b - got.a, 1e-12);
  EXPECT_GT(got.difference.low, 0.08);
  EXPECT_LT(got.difference.high, 0.12);
  EXPECT_NEAR(got.p, 2.0 / 1001, 1e-12) << "no resample went the other way";
  // Apart, the two intervals overlap: pairing is what tells.
  EXPECT_GT(Bootstrap(200, MeanOf(a)).high, Bootstrap(200, MeanOf(b)).low);
  // The other way round.
  const PairedDifference back = ComparePaired(200, MeanOf(b), MeanOf(a));
  EXPECT_LT(back.difference.high, -0.08);
  EXPECT_EQ(back.p, got.p);
}

TEST(ComparePairedTest, EqualRunsDoNotDiffer) {
  const std::vector<double> a = Normals(100, 0, 5);
  const PairedDifference got = ComparePaired(100, MeanOf(a), MeanOf(a));
  EXPECT_EQ(got.difference.value, 0);
  EXPECT_EQ(got.difference.low, 0);
  EXPECT_EQ(got.p, 1);
}

// Differences about the bound, some of a metric that repetition lifts, whose plain percentiles and
// corrected ones disagree about 0.
TEST(ComparePairedTest, PIsSmallJustWhereTheIntervalExcludesZero) {
  int claims = 0, none = 0, moved = 0;
  for (uint32_t seed = 0; seed < 120; ++seed) {
    const double lift = 0.03 * (static_cast<int>(seed % 5) - 2);
    const std::vector<double> b = Normals(60, 0.25, 400 + seed);
    const ResampledMetric nothing = [](absl::Span<const int>) { return 0.0; };
    int above = 0;
    const ResampledMetric lifted = [&](absl::Span<const int> counts) {
      const bool repeats = *std::max_element(counts.begin(), counts.end()) > 1;
      const double mean = MeanOf(b)(counts) + (repeats ? lift : 0);
      above += mean > 0;
      return mean;
    };
    const double confidence = seed % 2 == 0 ? 0.95 : 0.8;
    const PairedDifference got =
        ComparePaired(60, nothing, lifted, {.resamples = 199, .confidence = confidence});
    const bool claimed = got.difference.low > 0 || got.difference.high < 0;
    EXPECT_EQ(got.p < 1 - confidence, claimed) << got.p << " " << got.difference.low << " " << seed;
    EXPECT_EQ(ClaimOf(got) != Claim::kNone, claimed);
    EXPECT_LE(got.difference.low, got.difference.value);
    EXPECT_GE(got.difference.high, got.difference.value);
    claims += claimed;
    none += !claimed;
    // By plain percentiles it would have been another verdict.
    const double plain = 2.0 * (199 - (above - (got.b > 0)) + 1) / 200;
    moved += (plain < 1 - confidence) != claimed;
  }
  EXPECT_GT(claims, 20);
  EXPECT_GT(none, 20);
  EXPECT_GT(moved, 5);
}

TEST(ComparePairedTest, FewestResamplesStillClaim) {
  const std::vector<double> a = Normals(50, 0, 3), b = Normals(50, 5, 4);
  const PairedDifference got =
      ComparePaired(50, MeanOf(a), MeanOf(b), {.resamples = kLeastResamples});
  EXPECT_NEAR(got.p, 2.0 / 41, 1e-12);
  EXPECT_LT(got.p, 0.05);
  EXPECT_EQ(ClaimOf(got), Claim::kBBetter);
  EXPECT_EQ(ClaimOf(ComparePaired(50, MeanOf(b), MeanOf(a), {.resamples = 40})), Claim::kABetter);
}

TEST(ComparePairedTest, PIsRoughlyUniformWithoutADifference) {
  int small = 0;
  for (uint32_t seed = 0; seed < 200; ++seed) {
    const PairedDifference got =
        ComparePaired(60, MeanOf(Normals(60, 0, 100 + seed)), MeanOf(Normals(60, 0, 9000 + seed)),
                      {.resamples = 200});
    small += got.p < 0.1;
  }
  EXPECT_GT(small, 5);
  EXPECT_LT(small, 45);
}

}  // namespace
}  // namespace lookbook
