#include "models/loss/ntxent.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

TEST(NtXentTest, AgreesWithPlainLoops) {
  const torch::Tensor first = RandomBatch(1, 5, 4, 2).x, second = RandomBatch(2, 5, 4, 2).x;
  const Rows views = ToRows(torch::cat({first, second}));
  for (bool decoupled : {false, true}) {
    double sum = 0;
    for (int i = 0; i < 10; ++i) {
      const int partner = (i + 5) % 10;
      double denominator = 0;
      for (int k = 0; k < 10; ++k) {
        if (k == i || (decoupled && k == partner)) continue;
        denominator += std::exp(Cosine(views[i], views[k]) / 0.2);
      }
      sum += std::log(denominator) - Cosine(views[i], views[partner]) / 0.2;
    }
    const NtXentOptions options = {.decoupled = decoupled};
    EXPECT_NEAR(NtXentLoss(first, second, options).item<double>(), sum / 10, 1e-10);
    EXPECT_NEAR(NtXentLoss(second, first, options).item<double>(), sum / 10, 1e-10);
  }
}

TEST(NtXentTest, AConstantMapSitsOnItsLandmark) {
  const torch::Tensor constant = torch::tensor({{0.6, 0.8}}, torch::kFloat64).repeat({4, 1});
  EXPECT_NEAR(NtXentLoss(constant, constant).item<double>(), std::log(7), 1e-12);
  EXPECT_NEAR(NtXentLoss(constant, constant, {.decoupled = true}).item<double>(), std::log(6),
              1e-12);
}

TEST(NtXentTest, RefusesBadInput) {
  const torch::Tensor x = torch::randn({3, 2});
  EXPECT_THROW(NtXentLoss(x, torch::randn({4, 2})), c10::Error);
  EXPECT_THROW(NtXentLoss(x.slice(0, 0, 1), x.slice(0, 0, 1)), c10::Error);
  EXPECT_THROW(NtXentLoss(x, x, {.temperature = 0}), c10::Error);
}

}  // namespace
}  // namespace lookbook
