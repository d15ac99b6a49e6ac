#include "models/evaluate/thresholds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace lookbook {
namespace {

using ::testing::ElementsAre;

double F1At(const std::vector<float>& scores, const LabelMatrix& labels, float threshold) {
  const std::vector<float> thresholds = {threshold};
  return EvaluateClassification(scores, labels, thresholds).f1[0];
}

TEST(ThresholdsTest, NoThresholdIsBetter) {
  std::mt19937 random(9);
  for (int round = 0; round < 40; ++round) {
    LabelMatrix labels{.n = 25, .classes = 1};
    std::vector<float> scores;
    for (int i = 0; i < 25; ++i) {
      scores.push_back(static_cast<float>(random() % 16) / 15);  // Ties, 0 and 1 among them.
      labels.values.push_back(random() % 3 == 0);
    }
    labels.values[round % 25] = 1;
    const float tuned = TuneThresholds(scores, labels)[0];
    double best = 0;
    for (int i = 0; i <= 1000; ++i)
      best = std::max(best, F1At(scores, labels, static_cast<float>(i) / 1000));
    EXPECT_EQ(F1At(scores, labels, tuned), best) << round << " " << tuned;
    EXPECT_GE(tuned, 0);
    EXPECT_LT(tuned, 1);
  }
}

TEST(ThresholdsTest, LiesHalfWayToTheNextScore) {
  const LabelMatrix labels{.n = 4, .classes = 1, .values = {1, 1, 0, 0}};
  EXPECT_THAT(TuneThresholds({0.75f, 0.25f, 0.125f, 0}, labels), ElementsAre(0.1875f));
}

TEST(ThresholdsTest, OfEqualF1TheOneNearestToOneHalf) {
  // The best score alone, or all four: F1 is 2/3 either way.
  const LabelMatrix labels{.n = 4, .classes = 1, .values = {1, 0, 0, 1}};
  const std::vector<float> scores = {0.9f, 0.6f, 0.5f, 0.25f};
  EXPECT_EQ(F1At(scores, labels, 0.75f), F1At(scores, labels, 0.125f));
  EXPECT_THAT(TuneThresholds(scores, labels), ElementsAre(0.75f));
}

TEST(ThresholdsTest, AClassWithoutPositivesKeepsOneHalf) {
  const LabelMatrix labels{.n = 2, .classes = 2, .values = {0, 1, 0, 0}};
  const std::vector<float> thresholds = TuneThresholds({0.9f, 0.3f, 0.8f, 0.1f}, labels);
  EXPECT_EQ(thresholds[0], 0.5f);
  EXPECT_NEAR(thresholds[1], 0.2f, 1e-6);
}

TEST(ThresholdsTest, NeighbouringFloatsAndZerosStayApart) {
  const float next = std::nextafterf(0.5f, 1);
  const LabelMatrix labels{.n = 2, .classes = 1, .values = {1, 0}};
  const float tuned = TuneThresholds({next, 0.5f}, labels)[0];
  EXPECT_TRUE(next > tuned && !(0.5f > tuned)) << tuned;
  // A positive with score 0 cannot be predicted; the other can.
  EXPECT_EQ(F1At({0, 0.5f}, {.n = 2, .classes = 1, .values = {1, 1}},
                 TuneThresholds({0, 0.5f}, {.n = 2, .classes = 1, .values = {1, 1}})[0]),
            2.0 / 3.0);
  EXPECT_THAT(TuneThresholds({0, 0}, {.n = 2, .classes = 1, .values = {1, 1}}), ElementsAre(0.5f));
}

}  // namespace
}  // namespace lookbook
