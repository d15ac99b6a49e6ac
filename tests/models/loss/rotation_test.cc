#include "models/loss/rotation.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace lookbook {
namespace {

TEST(RotationTest, EachImageTurnsByItsOwnNumber) {
  const torch::Tensor images = torch::randint(0, 256, {6, 3, 5, 5}, torch::kUInt8);
  const torch::Tensor turns = torch::tensor({2, 0, 3, 1, 1, 2}, torch::kInt64);
  const torch::Tensor turned = RotateQuarterTurns(images, turns);
  EXPECT_EQ(turned.scalar_type(), torch::kUInt8);
  for (int i = 0; i < 6; ++i) {
    // One counter-clockwise turn brings the right column to the top row.
    const int64_t k = turns[i].item<int64_t>();
    torch::Tensor expected = images[i];
    for (int64_t turn = 0; turn < k; ++turn) expected = expected.transpose(1, 2).flip(1);
    EXPECT_TRUE(torch::equal(turned[i], expected)) << i;
  }
}

TEST(RotationTest, InputStaysAsItWas) {
  const torch::Tensor images = torch::randn({2, 1, 3, 3});
  const torch::Tensor before = images.clone();
  RotateQuarterTurns(images, torch::tensor({1, 2}, torch::kInt64));
  EXPECT_TRUE(torch::equal(images, before));
}

TEST(RotationTest, GradientsTurnBack) {
  const torch::Tensor images = torch::randn({1, 1, 3, 3}).requires_grad_();
  RotateQuarterTurns(images, torch::tensor({1}, torch::kInt64))[0][0][0][0].backward();
  EXPECT_EQ(images.grad()[0][0][0][2].item<float>(), 1);
  EXPECT_EQ(images.grad().sum().item<float>(), 1);
}

TEST(RotationTest, IgnoranceCostsLogFour) {
  const torch::Tensor turns = torch::tensor({0, 3}, torch::kInt64);
  EXPECT_NEAR(RotationLoss(torch::zeros({2, 4}), turns).item<float>(), std::log(4), 1e-6);
  EXPECT_LT(RotationLoss(20 * torch::one_hot(turns, 4).to(torch::kFloat32), turns).item<float>(),
            1e-6);
}

TEST(RotationTest, RefusesBadInput) {
  const torch::Tensor turns = torch::tensor({0, 1}, torch::kInt64);
  EXPECT_THROW(RotateQuarterTurns(torch::zeros({2, 3, 4, 5}), turns), c10::Error);
  EXPECT_THROW(RotateQuarterTurns(torch::zeros({2, 4, 4}), turns), c10::Error);
  EXPECT_THROW(RotateQuarterTurns(torch::zeros({3, 1, 4, 4}), turns), c10::Error);
  EXPECT_THROW(RotateQuarterTurns(torch::zeros({2, 1, 4, 4}), turns + 3), c10::Error);
  EXPECT_THROW(RotateQuarterTurns(torch::zeros({2, 1, 4, 4}), turns - 1), c10::Error);
  EXPECT_THROW(RotateQuarterTurns(torch::zeros({2, 1, 4, 4}), turns.to(torch::kFloat32)),
               c10::Error);
  EXPECT_THROW(RotationLoss(torch::zeros({2, 3}), turns), c10::Error);
  EXPECT_THROW(RotationLoss(torch::zeros({3, 4}), turns), c10::Error);
  EXPECT_THROW(RotationLoss(torch::zeros({2, 4}), turns + 4), c10::Error);
}

}  // namespace
}  // namespace lookbook
