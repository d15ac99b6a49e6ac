#include "models/loss/asl.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/loss/bce.h"
#include "tests/models/loss/oracle_fixture.h"
#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

class AslTest : public testing::Test {
 protected:
  Oracle oracle_;
  const torch::Tensor logits_ = oracle_.Tensor("/inputs/logits");
  const torch::Tensor target_ = oracle_.Tensor("/inputs/target");
  const torch::Tensor mask_ = oracle_.Tensor("/inputs/mask");  // Its third row is masked whole.
};

TEST_F(AslTest, MaskedReductionsAgreeWithPlainLoops) {
  const Rows x = ToRows(logits_), y = ToRows(target_), m = ToRows(mask_);
  double sum = 0, entries = 0, rows = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double row = 0;
    for (size_t c = 0; c < x[i].size(); ++c) {
      const double p = 1 / (1 + std::exp(-x[i][c])), clipped = std::max(p - 0.05, 0.0);
      row += m[i][c];
      sum -= m[i][c] *
             (y[i][c] ? (1 - p) * std::log(p) : std::pow(clipped, 4) * std::log(1 - clipped));
    }
    entries += row, rows += row > 0;
  }
  EXPECT_EQ(rows, 3);
  EXPECT_NEAR(AslLoss(logits_, target_, mask_).item<double>(), sum / rows, 1e-12);
  EXPECT_NEAR(
      AslLoss(logits_, target_, mask_, {.reduction = AslReduction::kEntries}).item<double>(),
      sum / entries, 1e-12);
}

TEST_F(AslTest, OneColumnMaskCountsWholeRows) {
  torch::Tensor rows = torch::zeros({4, 1}, torch::kFloat64);
  rows[1] = 1;
  EXPECT_NEAR(AslLoss(logits_, target_, rows).item<double>(),
              AslLoss(logits_.slice(0, 1, 2), target_.slice(0, 1, 2)).item<double>(), 1e-12);
}

TEST_F(AslTest, WithoutFocusAndClipItIsBce) {
  const AslOptions plain = {
      .gamma_negative = 0, .gamma_positive = 0, .clip = 0, .reduction = AslReduction::kEntries};
  EXPECT_NEAR(AslLoss(logits_, target_, mask_, plain).item<double>(),
              BceLoss(logits_, target_, mask_).item<double>(), 1e-12);
}

TEST_F(AslTest, EasyNegativesCountNothing) {
  const torch::Tensor x = torch::tensor({{-3.0, 0.0}}, torch::kFloat64);  // p = 0.047 and 0.5.
  const torch::Tensor gradient = GradientAt(
      [](const torch::Tensor& logits) { return AslLoss(logits, torch::zeros_like(logits)); }, x);
  EXPECT_EQ(gradient[0][0].item<double>(), 0);
  EXPECT_GT(gradient[0][1].item<double>(), 0);
}

TEST_F(AslTest, AWhollyMaskedBatchIsZeroWithALiveGraph) {
  const torch::Tensor gradient = GradientAt(
      [&](const torch::Tensor& x) { return AslLoss(x, target_, torch::zeros_like(mask_)); },
      logits_);
  EXPECT_EQ(gradient.abs().sum().item<double>(), 0);
  EXPECT_EQ(AslLoss(logits_, target_, torch::zeros_like(mask_)).item<double>(), 0);
}

TEST_F(AslTest, HugeLogitsStayFinite) {
  const torch::Tensor x = torch::tensor({{1e4, -1e4, 1e4, -1e4}}, torch::kFloat32);
  const torch::Tensor y = torch::tensor({{1.0, 1.0, 0.0, 0.0}}, torch::kFloat32);
  for (double clip : {0.0, 0.05}) {
    for (bool detach : {true, false}) {
      const LossFunction loss = [&](const torch::Tensor& logits) {
        return AslLoss(logits, y, {}, {.clip = clip, .detach_focal = detach});
      };
      EXPECT_TRUE(std::isfinite(loss(x).item<double>()));
      EXPECT_TRUE(GradientAt(loss, x).isfinite().all().item<bool>()) << clip << ", " << detach;
    }
  }
}

TEST_F(AslTest, RefusesBadInput) {
  EXPECT_THROW(AslLoss(logits_, torch::zeros({1, 2})), c10::Error);
  EXPECT_THROW(AslLoss(logits_, target_, {}, {.gamma_negative = 0.5}), c10::Error);
  EXPECT_THROW(AslLoss(logits_, target_, {}, {.gamma_positive = -1}), c10::Error);
  EXPECT_THROW(AslLoss(logits_, target_, {}, {.clip = 1}), c10::Error);
  EXPECT_THROW(AslLoss(logits_, target_, torch::ones({3, 5})), c10::Error);
}

}  // namespace
}  // namespace lookbook
