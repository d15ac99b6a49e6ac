// vectors.json's values: oracle_test.
#include "models/loss/class_weights.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace lookbook {
namespace {

TEST(ClassWeightsTest, PosWeightIsTheClampedRootOfTheOdds) {
  const torch::Tensor w = PosWeight({0, 1, 100, 500, 1000, 1200}, 1000);
  const double expected[] = {10, 10, 3, 1, 1, 1};
  for (int c = 0; c < 6; ++c) EXPECT_NEAR(w[c].item<double>(), expected[c], 1e-12) << c;
}

TEST(ClassWeightsTest, EffectiveNumbersAverageOneAndRiseForRareClasses) {
  const torch::Tensor w = EffectiveNumberWeights({5000, 50, 1, 0}, 0.99);
  EXPECT_NEAR(w.mean().item<double>(), 1, 1e-12);
  EXPECT_LT(w[0].item<double>(), w[1].item<double>());
  EXPECT_LT(w[1].item<double>(), w[2].item<double>());
  EXPECT_EQ(w[2].item<double>(), w[3].item<double>());  // No image counts as one.
  EXPECT_NEAR((w[1] / w[2]).item<double>(), 0.01 / (1 - std::pow(0.99, 50)), 1e-12);
}

TEST(ClassWeightsTest, BetaZeroWeighsAllTheSame) {
  EXPECT_TRUE(torch::equal(EffectiveNumberWeights({9, 1}, 0), torch::ones({2}, torch::kFloat64)));
}

TEST(ClassWeightsTest, IdfIsZeroForWhatEveryImageShows) {
  const torch::Tensor w = IdfWeights({1000, 100, 1, 0, 2000}, 1000);
  const double expected[] = {0, std::log(10), std::log(1000), std::log(1000), 0};
  for (int c = 0; c < 5; ++c) EXPECT_NEAR(w[c].item<double>(), expected[c], 1e-12) << c;
}

TEST(ClassWeightsTest, RefusesBadInput) {
  EXPECT_THROW(PosWeight({}, 10), c10::Error);
  EXPECT_THROW(PosWeight({1}, 0), c10::Error);
  EXPECT_THROW(PosWeight({-1}, 10), c10::Error);
  EXPECT_THROW(EffectiveNumberWeights({1}, 1), c10::Error);
  EXPECT_THROW(EffectiveNumberWeights({1}, -0.1), c10::Error);
  EXPECT_THROW(IdfWeights({1}, 0), c10::Error);
}

}  // namespace
}  // namespace lookbook
