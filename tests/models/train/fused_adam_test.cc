#include "models/train/fused_adam.h"

#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>
#include <torch/torch.h>

#include <memory>
#include <string>

#include "models/train/optimizer.h"

namespace lookbook {
namespace {

// Two layers in two groups, as the trainer has them: one decayed, one not.
class FusedAdamTest : public ::testing::TestWithParam<std::string> {
 protected:
  struct Side {
    std::vector<torch::Tensor> parameters;
    std::unique_ptr<torch::optim::Optimizer> optimizer;
  };

  static Side Make(const std::string& name) {
    torch::manual_seed(2);
    Side side;
    side.parameters = {
        torch::randn({4, 3, 3, 3}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_(),
        torch::randn({6, 5, 1, 1}).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_(),
        torch::randn({7}).requires_grad_(), torch::randn({2}).requires_grad_()};
    std::vector<torch::optim::OptimizerParamGroup> groups;
    for (const bool decayed : {true, false}) {
      std::vector<torch::Tensor> part(side.parameters.begin() + (decayed ? 0 : 2),
                                      side.parameters.begin() + (decayed ? 2 : 4));
      if (name == "adamw") {
        groups.emplace_back(part,
                            std::make_unique<torch::optim::AdamWOptions>(
                                torch::optim::AdamWOptions(1e-2).weight_decay(decayed ? 0.1 : 0)));
      } else {
        groups.emplace_back(part,
                            std::make_unique<torch::optim::AdamOptions>(
                                torch::optim::AdamOptions(1e-2).weight_decay(decayed ? 0.1 : 0)));
      }
    }
    if (name == "adamw") {
      side.optimizer = std::make_unique<torch::optim::AdamW>(groups);
    } else {
      side.optimizer = std::make_unique<torch::optim::Adam>(groups);
    }
    return side;
  }

  // The same for both sides; contiguous, so laid out otherwise than the weights.
  static void SetGradients(Side& side, int step) {
    torch::manual_seed(100 + step);
    for (size_t i = 0; i < 3; ++i) {  // The last parameter takes no part.
      torch::Tensor& parameter = side.parameters[i];
      parameter.mutable_grad() = torch::randn(parameter.sizes());
    }
  }

  static void ExpectClose(const Side& a, const Side& b) {
    for (size_t i = 0; i < a.parameters.size(); ++i)
      EXPECT_TRUE(torch::allclose(a.parameters[i], b.parameters[i], 1e-5, 1e-6)) << i;
  }

  const torch::Tensor go_ = torch::zeros({});
  const torch::Tensor skip_ = torch::ones({});
};

INSTANTIATE_TEST_SUITE_P(Both, FusedAdamTest, ::testing::Values("adamw", "adam"));

TEST_P(FusedAdamTest, StepsAsTorchsOwnAndTakesTurnsWithIt) {
  Side ours = Make(GetParam()), theirs = Make(GetParam());
  ASSERT_TRUE(IsAdam(*ours.optimizer));
  for (int step = 0; step < 6; ++step) {
    SetGradients(ours, step);
    SetGradients(theirs, step);
    theirs.optimizer->step();
    if (step == 3) {
      ours.optimizer->step();
    } else {
      FusedAdamStep(*ours.optimizer, go_);
    }
    ExpectClose(ours, theirs);
  }
}

TEST_P(FusedAdamTest, ASkippedStepLeavesWeightsAndMoments) {
  Side ours = Make(GetParam());
  SetGradients(ours, 0);
  FusedAdamStep(*ours.optimizer, go_);
  std::vector<torch::Tensor> before;
  for (const torch::Tensor& parameter : ours.parameters) before.push_back(parameter.clone());
  SetGradients(ours, 1);
  for (size_t i = 0; i < 3; ++i) ours.parameters[i].grad().fill_(NAN);
  FusedAdamStep(*ours.optimizer, skip_);
  for (size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(torch::equal(ours.parameters[i], before[i])) << i;
}

TEST(FusedAdamKindTest, OtherOptimizersAreNotIts) {
  const torch::Tensor parameter = torch::zeros({2}, torch::requires_grad());
  torch::optim::SGD sgd({parameter}, torch::optim::SGDOptions(0.1));
  EXPECT_FALSE(IsAdam(sgd));
  EXPECT_THROW(FusedAdamStep(sgd, torch::zeros({})), c10::Error);
}

}  // namespace
}  // namespace lookbook
