#include "models/train/autocast_scope.h"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <stdexcept>

#include "models/train/loss_heads.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

torch::ScalarType ProductType() {
  return torch::ones({4, 4}).mm(torch::ones({4, 4})).scalar_type();
}

TEST(AutocastScopeTest, ProductsAreBfloat16InsideAndFloat32Outside) {
  EXPECT_EQ(ProductType(), torch::kFloat32);
  {
    const AutocastScope scope(torch::kCPU, true);
    EXPECT_EQ(ProductType(), torch::kBFloat16);
    {
      const AutocastScope inner(torch::kCPU, true);
      EXPECT_EQ(ProductType(), torch::kBFloat16);
    }
    EXPECT_EQ(ProductType(), torch::kBFloat16) << "the outer scope lasts";
  }
  EXPECT_EQ(ProductType(), torch::kFloat32);
}

TEST(AutocastScopeTest, OffChangesNothing) {
  const AutocastScope scope(torch::kCPU, false);
  EXPECT_EQ(ProductType(), torch::kFloat32);
}

TEST(AutocastScopeTest, AnExceptionEndsItAsWell) {
  const torch::ScalarType before = at::autocast::get_autocast_dtype(at::kCPU);
  EXPECT_THROW(
      {
        const AutocastScope scope(torch::kCPU, true);
        throw std::runtime_error("inside");
      },
      std::runtime_error);
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
  EXPECT_EQ(at::autocast::get_autocast_dtype(at::kCPU), before);
}

// A step changes the weights; the next scope must not take its copies of the old ones.
TEST(AutocastScopeTest, CopiesOfWeightsDoNotOutliveIt) {
  torch::Tensor weight = torch::ones({4, 4}, torch::requires_grad());
  const auto product = [&] {
    const AutocastScope scope(torch::kCPU, true);
    return torch::ones({1, 4}).mm(weight)[0][0].item<float>();
  };
  EXPECT_EQ(product(), 4);
  {
    torch::NoGradGuard no_grad;
    weight.mul_(2);
  }
  EXPECT_EQ(product(), 8);
}

// Only the backbone's inside is bfloat16: what losses and the index see is float32.
TEST(AutocastScopeTest, AModuleGivesFloat32AndNearlyTheSame) {
  torch::manual_seed(1);
  NetworkSpec spec;
  spec.classes = 3;
  spec.embedding_dim = 16;
  LB_ASSERT_OK_AND_ASSIGN(const EmbedderNet net, MakeNetwork(spec));
  const LossHeads heads(StageRecipe{}, net->feature_dim());
  TrainedModule full(net, heads);
  TrainedModule mixed(net, heads, ComputePlan{.device = torch::kCPU, .bf16 = true});
  full->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::randn({4, 3, 32, 32});
  const torch::Tensor want = full->Features(images), got = mixed->Features(images);
  EXPECT_EQ(got.scalar_type(), torch::kFloat32);
  EXPECT_FALSE(torch::equal(got, want));
  EXPECT_LT(((got - want).norm() / want.norm()).item<double>(), 0.03);
  const NetworkOutput out = net->Heads(got);
  for (const torch::Tensor& tensor : {out.logits, out.feature, out.embedding_raw, out.embedding})
    EXPECT_EQ(tensor.scalar_type(), torch::kFloat32);
}

}  // namespace
}  // namespace lookbook
