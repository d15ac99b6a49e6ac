#include "models/dataset/stratify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/dataset/random.h"

namespace lookbook {
namespace {

using Labels = std::vector<std::vector<int>>;

// Label l occurs with probability 0.5 / (l + 1), independently: from common to rare.
Labels RandomLabels(int examples, int label_count, uint64_t seed) {
  Random random(seed);
  Labels labels(examples);
  for (auto& list : labels) {
    for (int label = 0; label < label_count; ++label) {
      if (random.Chance(0.5 / (label + 1))) list.push_back(label);
    }
  }
  return labels;
}

std::vector<std::vector<int>> CountPerPart(const Labels& labels, const std::vector<int>& part,
                                           int label_count, int parts) {
  std::vector<std::vector<int>> counts(label_count, std::vector<int>(parts, 0));
  for (size_t i = 0; i < labels.size(); ++i) {
    for (int label : labels[i]) ++counts[label][part[i]];
  }
  return counts;
}

// The method's promise, label distribution: mean over labels and parts of |share got - share
// wanted|.
double Unevenness(const Labels& labels, const std::vector<int>& part,
                  const std::vector<double>& shares, int label_count) {
  const auto counts = CountPerPart(labels, part, label_count, static_cast<int>(shares.size()));
  double sum = 0;
  for (const auto& of_label : counts) {
    const double total = std::accumulate(of_label.begin(), of_label.end(), 0.0);
    for (size_t p = 0; p < shares.size(); ++p) {
      if (total > 0) sum += std::abs(of_label[p] / total - shares[p]);
    }
  }
  return sum / (label_count * shares.size());
}

TEST(StratifyTest, EveryLabelIsSpreadInProportion) {
  const std::vector<double> shares = {0.8, 0.1, 0.1};
  const Labels labels = RandomLabels(3000, 20, 1);
  const std::vector<int> part = Stratify(labels, 20, shares, 7);
  const auto counts = CountPerPart(labels, part, 20, 3);
  for (int label = 0; label < 20; ++label) {
    const int total = counts[label][0] + counts[label][1] + counts[label][2];
    for (int p = 0; p < 3; ++p) {
      EXPECT_NEAR(counts[label][p], shares[p] * total, std::max(2.0, 0.02 * total))
          << label << " in " << p;
    }
  }
}

TEST(StratifyTest, IsFarMoreEvenThanChance) {
  const std::vector<double> shares = {0.8, 0.1, 0.1};
  const Labels labels = RandomLabels(1000, 30, 2);
  std::vector<int> by_chance(labels.size());
  Random random(3);
  for (int& part : by_chance) part = random.Weighted(shares);
  EXPECT_LT(Unevenness(labels, Stratify(labels, 30, shares, 7), shares, 30),
            0.35 * Unevenness(labels, by_chance, shares, 30));
}

TEST(StratifyTest, ALabelOfThreeExamplesReachesTwoEqualPartsAtLeastOnce) {
  Labels labels(100);
  for (int i = 0; i < 100; ++i) labels[i] = {0};
  for (int i : {4, 50, 90}) labels[i].push_back(1);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto counts = CountPerPart(labels, Stratify(labels, 2, {0.5, 0.5}, seed), 2, 2);
    EXPECT_GE(counts[1][0], 1);
    EXPECT_GE(counts[1][1], 1);
    EXPECT_EQ(counts[0][0], 50);
  }
}

TEST(StratifyTest, ASingleExampleGoesWhereMostIsWanted) {
  Labels labels(10);
  labels[3] = {0};
  for (uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(Stratify(labels, 1, {0.8, 0.2}, seed)[3], 0);
}

TEST(StratifyTest, ExamplesWithoutLabelsFillUp) {
  const Labels labels(1000);
  const std::vector<int> part = Stratify(labels, 0, {0.8, 0.2}, 7);
  EXPECT_EQ(std::count(part.begin(), part.end(), 0), 800);
}

TEST(StratifyTest, SameSeedSamePartsOtherSeedOtherParts) {
  const Labels labels = RandomLabels(200, 10, 4);
  EXPECT_EQ(Stratify(labels, 10, {0.8, 0.2}, 7), Stratify(labels, 10, {0.8, 0.2}, 7));
  EXPECT_NE(Stratify(labels, 10, {0.8, 0.2}, 7), Stratify(labels, 10, {0.8, 0.2}, 8));
}

TEST(StratifyTest, NoExampleIsNoWork) { EXPECT_TRUE(Stratify({}, 3, {1.0}, 7).empty()); }

}  // namespace
}  // namespace lookbook
