#include "models/loss/counted_loss.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

namespace lookbook {
namespace {

TEST(CountedLossTest, AveragesWhatIsMarked) {
  const torch::Tensor values = torch::tensor({1.0, 2.0, 6.0}).requires_grad_();
  const CountedLoss mean = MeanOver(values, torch::tensor({true, false, true}));
  EXPECT_EQ(mean.terms, 2);
  EXPECT_EQ(mean.loss.item<float>(), 3.5f);
  mean.loss.backward();
  EXPECT_TRUE(torch::equal(values.grad(), torch::tensor({0.5, 0.0, 0.5})));
}

TEST(CountedLossTest, WhatIsNotMarkedMayBeAnything) {
  const torch::Tensor values = torch::tensor({1.0f, std::numeric_limits<float>::infinity()});
  EXPECT_EQ(MeanOver(values, torch::tensor({true, false})).loss.item<float>(), 1);
}

TEST(CountedLossTest, NothingMarkedIsZeroWithALiveGraph) {
  const torch::Tensor values = torch::tensor({1.0, 2.0}).requires_grad_();
  const CountedLoss mean = MeanOver(values, torch::tensor({false, false}));
  EXPECT_EQ(mean.terms, 0);
  EXPECT_EQ(mean.loss.item<float>(), 0);
  mean.loss.backward();
  EXPECT_EQ(values.grad().abs().sum().item<float>(), 0);
}

TEST(CountedLossTest, RefusesAnotherShape) {
  EXPECT_THROW(MeanOver(torch::zeros({2}), torch::ones({3}, torch::kBool)), c10::Error);
}

}  // namespace
}  // namespace lookbook
