#include "models/loss/byol.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace lookbook {
namespace {

TEST(ByolTest, TargetIsAConstant) {
  const torch::Tensor prediction = torch::randn({3, 2}).requires_grad_();
  const torch::Tensor target = torch::randn({3, 2}).requires_grad_();
  ByolLoss(prediction, target).backward();
  EXPECT_GT(prediction.grad().abs().sum().item<float>(), 0);
  EXPECT_FALSE(target.grad().defined());
}

TEST(ByolTest, RunsFromZeroForEqualToFourForOpposite) {
  const torch::Tensor x = torch::tensor({{3.0, 4.0}, {1.0, 0.0}}, torch::kFloat64);
  EXPECT_NEAR(ByolLoss(x, 2 * x).item<double>(), 0, 1e-12);
  EXPECT_NEAR(ByolLoss(x, -x).item<double>(), 4, 1e-12);
}

TEST(ByolTest, MomentumRisesToOne) {
  EXPECT_DOUBLE_EQ(ByolMomentum(0, 100), 0.99);
  EXPECT_DOUBLE_EQ(ByolMomentum(50, 100, 0.9), 0.95);
  EXPECT_DOUBLE_EQ(ByolMomentum(100, 100), 1);
}

TEST(ByolTest, RefusesBadInput) {
  EXPECT_THROW(ByolLoss(torch::randn({3, 2}), torch::randn({3, 3})), c10::Error);
  EXPECT_THROW(ByolMomentum(1, 0), c10::Error);
  EXPECT_THROW(ByolMomentum(-1, 5), c10::Error);
  EXPECT_THROW(ByolMomentum(6, 5), c10::Error);
}

}  // namespace
}  // namespace lookbook
