#include "models/loss/log_contrast.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

TEST(LogContrastTest, OthersShareOneUnitOfProbability) {
  const torch::Tensor x = RandomBatch(1, 7, 3, 2).x;
  const torch::Tensor log_q = LogContrast(x, 0.3);
  const Rows rows = ToRows(x);
  for (int i = 0; i < 7; ++i) {
    double sum = 0;
    for (int j = 0; j < 7; ++j) sum += i == j ? 0 : std::exp(log_q[i][j].item<double>());
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_EQ(log_q[i][i].item<double>(), 0);
  }
  EXPECT_NEAR((log_q[2][4] - log_q[2][5]).item<double>(),
              (Cosine(rows[2], rows[4]) - Cosine(rows[2], rows[5])) / 0.3, 1e-12);
}

TEST(LogContrastTest, ASingleRowHasNobodyAndFiniteGradients) {
  const torch::Tensor x = torch::tensor({{1.0, 2.0}}).requires_grad_();
  const torch::Tensor log_q = LogContrast(x, 0.1);
  EXPECT_EQ(log_q.item<float>(), 0);
  log_q.sum().backward();
  EXPECT_TRUE(x.grad().isfinite().all().item<bool>());
}

TEST(LogContrastTest, RefusesATemperatureOfZero) {
  EXPECT_THROW(LogContrast(torch::randn({3, 2}), 0), c10::Error);
}

}  // namespace
}  // namespace lookbook
