// Properties that every loss of the library has.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/loss_table.h"

namespace lookbook {
namespace {

class EveryLossTest : public testing::TestWithParam<LossCase> {
 protected:
  static double Value(const LossInput& in) { return GetParam().loss(in).item<double>(); }

  static torch::Tensor Gradient(LossInput in) {
    in.x = in.x.clone().requires_grad_();
    GetParam().loss(in).backward();
    return in.x.grad();
  }

  const LossInput standard_ = StandardInput();
};

TEST_P(EveryLossTest, GradientMatchesCentralDifferences) {
  if (!GetParam().true_gradient) GTEST_SKIP() << "part of the value is a constant by definition";
  const torch::Tensor gradient = Gradient(standard_);
  EXPECT_GT(gradient.abs().max().item<double>(), 1e-4) << "the case shows nothing";
  const double h = 1e-6;
  for (int64_t i = 0; i < standard_.x.size(0); ++i) {
    for (int64_t j = 0; j < standard_.x.size(1); ++j) {
      LossInput up = standard_, down = standard_;
      up.x = standard_.x.clone();
      down.x = standard_.x.clone();
      up.x[i][j] += h;
      down.x[i][j] -= h;
      const double slope = (Value(up) - Value(down)) / (2 * h);
      EXPECT_NEAR(gradient[i][j].item<double>(), slope, 1e-7 * std::max(1.0, std::abs(slope)))
          << i << ", " << j;
    }
  }
}

TEST_P(EveryLossTest, OrderOfTheImagesDoesNotMatter) {
  if (!GetParam().order_free) GTEST_SKIP() << "draws by row";
  const torch::Tensor order = torch::tensor({3, 5, 0, 2, 4, 1}, torch::kInt64);
  const LossInput shuffled = {standard_.x.index_select(0, order),
                              standard_.other.index_select(0, order),
                              standard_.y.index_select(0, order)};
  EXPECT_NEAR(Value(shuffled), Value(standard_), 1e-10);
  EXPECT_TRUE(
      torch::allclose(Gradient(shuffled), Gradient(standard_).index_select(0, order), 1e-9, 1e-10));
}

TEST_P(EveryLossTest, LengthOfTheRowsMattersOnlyWhereSaid) {
  LossInput scaled = standard_;
  scaled.x =
      standard_.x * torch::tensor({{3.0}, {0.5}, {7.0}, {1.0}, {0.1}, {2.0}}, torch::kFloat64);
  const double change = std::abs(Value(scaled) - Value(standard_));
  if (GetParam().scale_free) {
    EXPECT_LT(change, 1e-9);
  } else {
    EXPECT_GT(change, 1e-3);
  }
}

TEST_P(EveryLossTest, Float32AgreesWithFloat64) {
  LossInput narrow = standard_;
  narrow.x = standard_.x.to(torch::kFloat32);
  narrow.other = standard_.other.to(torch::kFloat32);
  narrow.y = standard_.y.to(torch::kFloat32);
  const torch::Tensor loss = GetParam().loss(narrow);
  EXPECT_EQ(loss.scalar_type(), torch::kFloat32);
  EXPECT_NEAR(loss.item<double>(), Value(standard_), 1e-5 * std::max(1.0, Value(standard_)));
}

// A constant map, in both types: every metric and self-supervised loss divides by or takes the root
// of something that is 0 there.
TEST_P(EveryLossTest, CollapseIsFinite) {
  for (torch::Dtype type : {torch::kFloat32, torch::kFloat64}) {
    const torch::Tensor constant = standard_.x.slice(0, 0, 1).repeat({6, 1}).to(type);
    const LossInput in = {constant, constant, standard_.y.to(type)};
    EXPECT_TRUE(std::isfinite(Value(in)));
    EXPECT_TRUE(Gradient(in).isfinite().all().item<bool>()) << Gradient(in);
  }
}

TEST_P(EveryLossTest, RowsOfZerosAreFinite) {
  const torch::Tensor zero = torch::zeros({6, 4}, torch::kFloat32);
  const LossInput in = {zero, zero, standard_.y.to(torch::kFloat32)};
  EXPECT_TRUE(std::isfinite(Value(in)));
  EXPECT_TRUE(Gradient(in).isfinite().all().item<bool>()) << Gradient(in);
}

TEST_P(EveryLossTest, WithoutPairsItIsZeroWithALiveGraph) {
  if (!GetParam().needs_pairs) GTEST_SKIP() << "does not depend on pairs";
  // Every image has one label that no other has; then no image has any.
  for (const torch::Tensor& y :
       {torch::eye(6, 8, torch::kFloat64), torch::zeros_like(standard_.y)}) {
    LossInput lonely = standard_;
    lonely.y = y;
    EXPECT_EQ(Value(lonely), 0);
    EXPECT_EQ(Gradient(lonely).abs().sum().item<double>(), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, EveryLossTest, testing::ValuesIn(AllLosses()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lookbook
