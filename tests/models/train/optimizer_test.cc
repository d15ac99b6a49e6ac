#include "models/train/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>
#include <torch/utils.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TrainedModule MakeModule(int seed = 1) {
  torch::manual_seed(seed);
  const EmbedderNet net = *MakeNetwork({.backbone = "small_cnn", .classes = 2});
  return TrainedModule(net, LossHeads(StageRecipe{}, net->feature_dim()));
}

// Which group of the optimizer holds the parameter; -1: none.
int GroupOf(const StageOptimizer& optimizer, const torch::Tensor& parameter) {
  const auto& groups = optimizer.optimizer->param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    for (const torch::Tensor& other : groups[i].params()) {
      if (other.is_same(parameter)) return static_cast<int>(i);
    }
  }
  return -1;
}

// AdamW's reference trace: optim_oracle_test.cc.

TEST(OptimizerTest, OneDimensionalParametersAreNotDecayed) {
  TrainedModule module = MakeModule();
  const StageOptimizer optimizer = MakeOptimizer(*module, {.lr = 0.1, .weight_decay = 0.5});
  for (const auto& item : module->named_parameters()) {
    const int group = GroupOf(optimizer, item.value());
    ASSERT_GE(group, 0) << item.key();
    const auto& options = static_cast<const torch::optim::AdamWOptions&>(
        optimizer.optimizer->param_groups()[group].options());
    EXPECT_EQ(options.weight_decay(), item.value().dim() > 1 ? 0.5 : 0) << item.key();
  }
}

TEST(OptimizerTest, RatesFallTowardsTheInput) {
  TrainedModule module = MakeModule();
  StageOptimizer optimizer =
      MakeOptimizer(*module, {.backbone_lr_factor = 0.1, .layer_decay = 0.5});
  optimizer.SetLearningRate(2);
  const std::vector<ParameterBlock> blocks = module->net->Blocks();
  ASSERT_GE(blocks.size(), 3u);
  double want = 2;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const ParameterBlock& block = blocks[blocks.size() - 1 - i];
    if (i == 1) want *= 0.1;
    if (i > 1) want *= 0.5;
    for (const auto& [name, tensor] : block.parameters) {
      const int group = GroupOf(optimizer, tensor);
      EXPECT_DOUBLE_EQ(optimizer.optimizer->param_groups()[group].options().get_lr(), want) << name;
    }
  }
}

TEST(OptimizerTest, FrozenParametersAreNotGivenToIt) {
  TrainedModule module = MakeModule();
  module->net->FreezeBackbone();
  const StageOptimizer optimizer = MakeOptimizer(*module, {});
  for (const auto& item : module->net->named_parameters()) {
    EXPECT_EQ(GroupOf(optimizer, item.value()) >= 0, !module->net->IsBackbone(item.key()))
        << item.key();
  }
}

void StepOnce(TrainedModule& module, StageOptimizer& optimizer, int seed) {
  torch::manual_seed(seed);
  optimizer.optimizer->zero_grad();
  module->net->forward(torch::randn({2, 3, 32, 32})).logits.square().mean().backward();
  optimizer.optimizer->step();
}

class EveryOptimizerTest : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryOptimizerTest, RestoredStateGoesOnBitForBit) {
  const OptimizerRecipe recipe = {.name = GetParam(), .lr = 0.01};
  TrainedModule a = MakeModule(1), b = MakeModule(2);
  StageOptimizer first = MakeOptimizer(*a, recipe);
  StepOnce(a, first, 1);
  StepOnce(a, first, 2);
  {
    torch::NoGradGuard no_grad;
    for (const auto& item : a->named_parameters())
      b->named_parameters()[item.key()].copy_(item.value());
    for (const auto& item : a->named_buffers()) b->named_buffers()[item.key()].copy_(item.value());
  }
  StageOptimizer second = MakeOptimizer(*b, recipe);
  ASSERT_THAT(RestoreOptimizerState(*b, OptimizerState(*a, *first.optimizer), *second.optimizer),
              IsOk());
  StepOnce(a, first, 3);
  StepOnce(b, second, 3);
  for (const auto& item : a->named_parameters()) {
    EXPECT_TRUE(torch::equal(item.value(), b->named_parameters()[item.key()])) << item.key();
  }
}

TEST_P(EveryOptimizerTest, RestoringForgetsWhatWasThere) {
  const OptimizerRecipe recipe = {.name = GetParam(), .lr = 0.01};
  TrainedModule module = MakeModule();
  StageOptimizer optimizer = MakeOptimizer(*module, recipe);
  StepOnce(module, optimizer, 1);
  EXPECT_FALSE(OptimizerState(*module, *optimizer.optimizer).empty());
  ASSERT_THAT(RestoreOptimizerState(*module, {}, *optimizer.optimizer), IsOk());
  EXPECT_TRUE(OptimizerState(*module, *optimizer.optimizer).empty());
}

INSTANTIATE_TEST_SUITE_P(All, EveryOptimizerTest, ::testing::Values("adamw", "adam", "sgd"));

TEST(OptimizerTest, HalfAStateIsRefused) {
  TrainedModule module = MakeModule();
  StageOptimizer optimizer = MakeOptimizer(*module, {});
  StepOnce(module, optimizer, 1);
  auto state = OptimizerState(*module, *optimizer.optimizer);
  auto missing = state;
  missing.erase("exp_avg_sq.net.classifier.weight");
  EXPECT_THAT(RestoreOptimizerState(*module, missing, *optimizer.optimizer),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("net.classifier.weight")));
  state["exp_avg.net.classifier.bias"] = torch::zeros({7});
  EXPECT_THAT(RestoreOptimizerState(*module, state, *optimizer.optimizer),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("net.classifier.bias")));
}

}  // namespace
}  // namespace lookbook
