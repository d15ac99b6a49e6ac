// What is frozen does not move: no parameter, no BatchNorm statistic.
#include <gmock/gmock.h>
#include <torch/torch.h>

#include "absl/strings/match.h"
#include "models/nn/embedder_net.h"
#include "tests/models/nn/formula.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// Several steps with weight decay and momentum, either of which moves a weight without a gradient
// of this step.
void Train(EmbedderNetImpl& net, int steps = 4) {
  torch::optim::AdamW optimizer(net.parameters(),
                                torch::optim::AdamWOptions(1e-2).weight_decay(0.1));
  for (int i = 0; i < steps; ++i) {
    net.train();
    const NetworkOutput out = net.forward(torch::randn({4, 3, 64, 64}) * 2 + 0.5);
    optimizer.zero_grad();
    (out.logits.square().mean() + out.attribute_logits.square().mean() +
     out.embedding_raw.square().mean())
        .backward();
    optimizer.step();
  }
}

class FreezingTest : public testing::TestWithParam<NetworkSpec> {
 protected:
  void SetUp() override {
    torch::manual_seed(1);
    LB_ASSERT_OK_AND_ASSIGN(net_, MakeNetwork(GetParam()));
    Train(*net_, 1);  // Gradients are there, and statistics are not the initial ones.
  }
  EmbedderNet net_;
};

TEST_P(FreezingTest, AFrozenBackboneIsBitIdenticalAfterTrainingWhileTheHeadMoves) {
  net_->FreezeBackbone();
  EXPECT_TRUE(net_->backbone_frozen());
  const auto before = CopyOfState(*net_);
  Train(*net_);
  for (const auto& [name, tensor] : State(*net_)) {
    EXPECT_EQ(torch::equal(tensor, before.at(name)), net_->IsBackbone(name)) << name;
  }
}

TEST_P(FreezingTest, AFrozenBackboneRunsInEvalModeAndWithoutAGraph) {
  net_->FreezeBackbone();
  net_->train();
  EXPECT_TRUE(net_->is_training());
  const torch::Tensor images = torch::randn({4, 3, 64, 64});
  const torch::Tensor frozen = net_->Features(images);
  EXPECT_FALSE(frozen.requires_grad());
  EXPECT_TRUE(net_->forward(images).logits.requires_grad());
  net_->eval();
  EXPECT_TRUE(torch::equal(net_->Features(images), frozen));
  for (const auto& item : net_->named_parameters()) {
    EXPECT_EQ(item.value().requires_grad(), !net_->IsBackbone(item.key())) << item.key();
  }
}

TEST_P(FreezingTest, FrozenNormsAreBitIdenticalWhileConvolutionsMove) {
  net_->FreezeNorms();
  const auto before = CopyOfState(*net_);
  Train(*net_);
  int64_t norms = 0, others = 0;
  for (const auto& item : net_->named_modules({}, /*include_self=*/false)) {
    if (!net_->IsBackbone(item.key())) continue;
    const bool norm = item.value()->as<torch::nn::BatchNorm2d>() != nullptr;
    for (const auto& [name, tensor] : State(*item.value())) {
      const std::string full = item.key() + "." + name;
      if (absl::StrContains(name, '.')) continue;  // A child's own turn comes.
      EXPECT_EQ(torch::equal(tensor, before.at(full)), norm) << full;
      ++(norm ? norms : others);
    }
  }
  EXPECT_GT(norms, 0);
  EXPECT_GT(others, 0);
}

TEST_P(FreezingTest, WhatIsThawedTrainsAgain) {
  net_->train();
  net_->FreezeBackbone();
  net_->FreezeNorms();
  net_->FreezeBackbone(false);
  EXPECT_FALSE(net_->backbone_frozen());
  for (const auto& item : net_->named_modules({}, /*include_self=*/false)) {
    const bool norm = item.value()->as<torch::nn::BatchNorm2d>() != nullptr;
    EXPECT_EQ(item.value()->is_training(), !norm) << item.key();
  }
  net_->FreezeNorms(false);
  const auto before = CopyOfState(*net_);
  Train(*net_);
  for (const auto& [name, tensor] : State(*net_)) {
    EXPECT_FALSE(torch::equal(tensor, before.at(name))) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Networks, FreezingTest,
    testing::Values(
        NetworkSpec{.backbone = "small_cnn", .classes = 3, .attributes = 2, .embedding_dim = 8},
        NetworkSpec{.backbone = "mobilenet_v2", .classes = 3, .attributes = 2, .width = 0.25},
        NetworkSpec{.backbone = "resnet18",
                    .classes = 3,
                    .attributes = 2,
                    .head = "mlp",
                    .embedding_dim = 8},
        NetworkSpec{.backbone = "resnet50", .classes = 3, .attributes = 2}),
    [](const auto& info) { return info.param.backbone; });

}  // namespace
}  // namespace lookbook
