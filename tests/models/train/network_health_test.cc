#include "models/train/network_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/nn/embedder_net.h"

namespace lookbook {
namespace {

TEST(NetworkHealthTest, DeadChannelsOfAllBatchNormsAreCounted) {
  torch::nn::Sequential net(torch::nn::Conv2d(3, 4, 3), torch::nn::BatchNorm2d(4),
                            torch::nn::Linear(4, 6), torch::nn::BatchNorm1d(6));
  EXPECT_EQ(DeadNormShare(*net), 0);
  torch::NoGradGuard no_grad;
  net->named_parameters()["1.weight"].copy_(torch::tensor({1.0f, 0.0f, 0.0009f, -0.0009f}));
  EXPECT_NEAR(DeadNormShare(*net), 3.0 / 10, 1e-12);
  net->named_parameters()["3.weight"].copy_(
      torch::tensor({0.0011f, -0.0011f, 1.0f, -1.0f, 0.5f, 0.0f}));
  EXPECT_NEAR(DeadNormShare(*net), 4.0 / 10, 1e-12);
  net->named_parameters()["0.weight"].zero_();  // A convolution is not looked at.
  EXPECT_NEAR(DeadNormShare(*net), 4.0 / 10, 1e-12);
}

TEST(NetworkHealthTest, NetworksWithoutSuchLayersHaveNoDeadOnes) {
  torch::nn::Sequential net(torch::nn::Linear(4, 6),
                            torch::nn::BatchNorm1d(torch::nn::BatchNormOptions(6).affine(false)));
  EXPECT_EQ(DeadNormShare(*net), 0);
}

TEST(NetworkHealthTest, EveryBackboneIsLookedAt) {
  for (const std::string& backbone : KnownBackbones()) {
    SCOPED_TRACE(backbone);
    auto net = *MakeNetwork({.backbone = backbone, .classes = 2});
    torch::NoGradGuard no_grad;
    int norms = 0;
    for (auto& item : net->named_parameters()) {
      if (item.value().dim() != 1 || item.key().find("weight") == std::string::npos) continue;
      item.value().zero_();  // One-dimensional weights are those of BatchNorm.
      ++norms;
    }
    EXPECT_GT(norms, 0);
    EXPECT_EQ(DeadNormShare(*net), 1);
  }
}

TEST(NetworkHealthTest, FeatureNormIsTheMeanLengthOfTheRows) {
  EXPECT_NEAR(MeanFeatureNorm(torch::tensor({{3.0f, 4.0f}, {0.0f, 1.0f}})), 3, 1e-12);
  EXPECT_EQ(MeanFeatureNorm(torch::zeros({4, 7})), 0);
  EXPECT_THROW(MeanFeatureNorm(torch::zeros({4})), c10::Error);
  EXPECT_THROW(MeanFeatureNorm(torch::zeros({0, 7})), c10::Error);
}

}  // namespace
}  // namespace lookbook
