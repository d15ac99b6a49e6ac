#include "models/loss/barlow.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

// Columns with mean 0, variance 1 and no correlation.
torch::Tensor Orthogonal() {
  return torch::tensor({{1, 1}, {1, -1}, {-1, 1}, {-1, -1}}, torch::kFloat64);
}

TEST(BarlowTest, UncorrelatedEqualViewsAreAlmostFree) {
  EXPECT_LT(BarlowLoss(Orthogonal(), Orthogonal() * 3 + 5).item<double>(), 1e-9);
}

TEST(BarlowTest, OppositeViewsPayTheDiagonal) {
  EXPECT_NEAR(BarlowLoss(Orthogonal(), -Orthogonal()).item<double>(), 2 * 4, 1e-3);
}

TEST(BarlowTest, EqualColumnsPayTheOffDiagonal) {
  const torch::Tensor twice = Orthogonal().slice(1, 0, 1).repeat({1, 2});
  EXPECT_NEAR(BarlowLoss(twice, twice, {.off_diagonal = 0.5}).item<double>(), 0.5 * 2, 1e-3);
}

TEST(BarlowTest, RefusesBadInput) {
  const torch::Tensor x = torch::randn({3, 2});
  EXPECT_THROW(BarlowLoss(x, torch::randn({4, 2})), c10::Error);
  EXPECT_THROW(BarlowLoss(x.slice(0, 0, 1), x.slice(0, 0, 1)), c10::Error);
}

}  // namespace
}  // namespace lookbook
