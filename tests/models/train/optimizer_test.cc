#include "models/train/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/utils.h>

#include "tests/models/evaluate/oracle.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// One matrix, so that it is decayed.
class OneMatrix : public torch::nn::Module {
 public:
  explicit OneMatrix(torch::Tensor value) {
    weight = register_parameter("weight", std::move(value));
  }
  torch::Tensor weight;
};

TEST(OptimizerTest, AdamWMatchesTheReferenceTrace) {
  const nlohmann::json want = ReadOracle()["optim"]["adamw_trace"];
  OneMatrix net(
      torch::tensor(want["w0"].get<std::vector<double>>(), torch::kFloat64).reshape({2, 1}));
  const auto optimizer = MakeOptimizer(
      net, {.lr = want["lr"].get<double>(), .weight_decay = want["wd"].get<double>()});
  for (int step = 0; step < 3; ++step) {
    net.weight.mutable_grad() =
        torch::tensor(want["grads"][step].get<std::vector<double>>(), torch::kFloat64)
            .reshape({2, 1});
    optimizer->step();
    for (int i = 0; i < 2; ++i) {
      EXPECT_NEAR(net.weight[i].item<double>(), want["w"][step][i].get<double>(), 1e-9) << step;
    }
  }
}

torch::nn::Sequential ConvAndNorm() {
  return torch::nn::Sequential(torch::nn::Conv2d(3, 4, 3), torch::nn::BatchNorm2d(4));
}

TEST(OptimizerTest, OneDimensionalParametersAreNotDecayed) {
  torch::nn::Sequential net = ConvAndNorm();
  const auto optimizer = MakeOptimizer(*net, {.lr = 0.1, .weight_decay = 0.5});
  ASSERT_EQ(optimizer->param_groups().size(), 2u);
  const auto decay = [&](int group) {
    return static_cast<const torch::optim::AdamWOptions&>(
               optimizer->param_groups()[group].options())
        .weight_decay();
  };
  EXPECT_EQ(decay(0), 0.5);
  EXPECT_EQ(decay(1), 0);
  EXPECT_EQ(optimizer->param_groups()[0].params().size(), 1u);  // The convolution's weight.
  EXPECT_EQ(optimizer->param_groups()[1].params().size(),
            3u);  // Its bias, the norm's weight and bias.
  SetLearningRate(*optimizer, 0.25);
  for (const auto& group : optimizer->param_groups()) EXPECT_EQ(group.options().get_lr(), 0.25);
}

void StepOnce(torch::nn::Sequential& net, torch::optim::AdamW& optimizer, int seed) {
  torch::manual_seed(seed);
  optimizer.zero_grad();
  net->forward(torch::randn({2, 3, 5, 5})).square().mean().backward();
  optimizer.step();
}

TEST(OptimizerTest, RestoredStateGoesOnBitForBit) {
  torch::manual_seed(1);
  torch::nn::Sequential a = ConvAndNorm(), b = ConvAndNorm();
  const auto first = MakeOptimizer(*a, {.lr = 0.01});
  StepOnce(a, *first, 1);
  StepOnce(a, *first, 2);
  {
    torch::NoGradGuard no_grad;
    for (const auto& item : a->named_parameters())
      b->named_parameters()[item.key()].copy_(item.value());
    for (const auto& item : a->named_buffers()) b->named_buffers()[item.key()].copy_(item.value());
  }
  const auto second = MakeOptimizer(*b, {.lr = 0.01});
  ASSERT_THAT(RestoreOptimizerState(*b, OptimizerState(*a, *first), *second), IsOk());
  StepOnce(a, *first, 3);
  StepOnce(b, *second, 3);
  for (const auto& item : a->named_parameters()) {
    EXPECT_TRUE(torch::equal(item.value(), b->named_parameters()[item.key()])) << item.key();
  }
}

TEST(OptimizerTest, HalfAStateIsRefused) {
  torch::nn::Sequential net = ConvAndNorm();
  const auto optimizer = MakeOptimizer(*net, {});
  StepOnce(net, *optimizer, 1);
  auto state = OptimizerState(*net, *optimizer);
  auto missing = state;
  missing.erase("exp_avg_sq.0.weight");
  EXPECT_THAT(RestoreOptimizerState(*net, missing, *optimizer),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("0.weight")));
  state["exp_avg.1.bias"] = torch::zeros({7});
  EXPECT_THAT(RestoreOptimizerState(*net, state, *optimizer),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("1.bias")));
}

}  // namespace
}  // namespace lookbook
