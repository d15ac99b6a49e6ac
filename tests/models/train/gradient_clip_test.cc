#include "models/train/gradient_clip.h"

#include <gtest/gtest.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

namespace lookbook {
namespace {

std::vector<torch::Tensor> WithGradients() {
  torch::manual_seed(4);
  std::vector<torch::Tensor> out;
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{3, 4}, std::vector<int64_t>{7}, std::vector<int64_t>{2, 3, 3, 3}}) {
    out.push_back(torch::zeros(shape, torch::requires_grad()));
    out.back().mutable_grad() = torch::randn(shape);
  }
  out.push_back(torch::zeros({5}, torch::requires_grad()));  // Took no part.
  return out;
}

TEST(GradientClipTest, DoesWhatTorchsOwnDoes) {
  for (const double most : {0.5, 1e6}) {
    const auto ours = WithGradients(), theirs = WithGradients();
    const double want = torch::nn::utils::clip_grad_norm_(theirs, most);
    const torch::Tensor norm = ClipGradients(ours, most);
    EXPECT_NEAR(norm.item<double>(), want, 1e-5 * want);
    for (size_t i = 0; i < 3; ++i)
      EXPECT_TRUE(torch::allclose(ours[i].grad(), theirs[i].grad(), 1e-5, 1e-7));
    EXPECT_FALSE(ours[3].grad().defined());
  }
}

TEST(GradientClipTest, InfinityOnlyMeasures) {
  const auto ours = WithGradients(), untouched = WithGradients();
  EXPECT_GT(ClipGradients(ours, std::numeric_limits<double>::infinity()).item<double>(), 0);
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(torch::equal(ours[i].grad(), untouched[i].grad()));
}

TEST(GradientClipTest, WhatIsNotFiniteShows) {
  const auto parameters = WithGradients();
  parameters[1].grad()[0].fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(std::isnan(ClipGradients(parameters, 1).item<double>()));
  EXPECT_EQ(ClipGradients({}, 1).item<double>(), 0);
}

}  // namespace
}  // namespace lookbook
