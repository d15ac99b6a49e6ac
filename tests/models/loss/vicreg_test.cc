#include "models/loss/vicreg.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

TEST(VicRegTest, TermsAgreeWithPlainLoops) {
  const torch::Tensor x =
      RandomBatch(1, 7, 3, 2).x * torch::tensor({0.2, 1.5, 0.7}, torch::kFloat64);
  const Rows rows = ToRows(x);
  double mean[3] = {}, covariance[3][3] = {};
  for (const Row& row : rows) {
    for (int i = 0; i < 3; ++i) mean[i] += row[i] / 7;
  }
  for (const Row& row : rows) {
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) covariance[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]) / 6;
    }
  }
  double variance = 0, off_diagonal = 0;
  for (int i = 0; i < 3; ++i) {
    variance += std::max(0.0, 1 - std::sqrt(covariance[i][i] + 1e-4)) / 3;
    for (int j = 0; j < 3; ++j) off_diagonal += i == j ? 0 : std::pow(covariance[i][j], 2) / 3;
  }
  EXPECT_NEAR(VarianceTerm(x).item<double>(), variance, 1e-12);
  EXPECT_NEAR(CovarianceTerm(x).item<double>(), off_diagonal, 1e-12);
}

TEST(VicRegTest, WeightsMultiplyTheirTerm) {
  const torch::Tensor a = RandomBatch(2, 6, 3, 2).x, b = RandomBatch(3, 6, 3, 2).x * 0.3;
  const VicRegResult result = VicRegLoss(a, b, {.invariance = 2, .variance = 3, .covariance = 5});
  EXPECT_NEAR(result.invariance.item<double>(), (a - b).square().mean().item<double>(), 1e-12);
  EXPECT_NEAR(result.variance.item<double>(),
              (VarianceTerm(a) + VarianceTerm(b)).item<double>() / 2, 1e-12);
  EXPECT_NEAR(result.loss.item<double>(),
              (2 * result.invariance + 3 * result.variance + 5 * result.covariance).item<double>(),
              1e-12);
}

TEST(VicRegTest, AConstantMapPaysTheVarianceTermInFull) {
  EXPECT_NEAR(VarianceTerm(torch::ones({4, 3}, torch::kFloat64)).item<double>(), 0.99, 1e-12);
  EXPECT_EQ(VarianceTerm(torch::tensor({{-9.0}, {9.0}})).item<double>(), 0);
}

TEST(VicRegTest, RefusesBadInput) {
  const torch::Tensor x = torch::randn({3, 2});
  EXPECT_THROW(VicRegLoss(x, torch::randn({3, 3})), c10::Error);
  EXPECT_THROW(VicRegLoss(x.slice(0, 0, 1), x.slice(0, 0, 1)), c10::Error);
  EXPECT_THROW(VarianceTerm(torch::randn({3})), c10::Error);
  EXPECT_THROW(CovarianceTerm(torch::randn({1, 3})), c10::Error);
}

}  // namespace
}  // namespace lookbook
