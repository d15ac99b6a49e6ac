// vectors.json's values and gradients: oracle_test; finite differences: every_loss_test.
#include "models/loss/bce.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/oracle_fixture.h"
#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

class BceLossTest : public testing::Test {
 protected:
  Oracle oracle_;
  const torch::Tensor logits_ = oracle_.Tensor("/inputs/logits").requires_grad_();
  const torch::Tensor target_ = oracle_.Tensor("/inputs/target");
  const torch::Tensor mask_ = oracle_.Tensor("/inputs/mask");
};

TEST_F(BceLossTest, AllOptionsTogetherAgreeWithPlainLoops) {
  const torch::Tensor w = torch::tensor({1.0, 2.0, 0.5, 3.0, 1.5});
  const torch::Tensor v = torch::tensor({0.2, 1.0, 4.0, 0.1, 2.0});
  const Rows x = ToRows(logits_), y = ToRows(target_), m = ToRows(mask_);
  double sum = 0, count = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t c = 0; c < x[i].size(); ++c) {
      const double soft = y[i][c] * 0.9 + 0.05, up = std::log1p(std::exp(-x[i][c]));
      sum += m[i][c] * v[c].item<float>() *
             (w[c].item<float>() * soft * up + (1 - soft) * (x[i][c] + up));
      count += m[i][c];
    }
  }
  const BceOptions options = {.smoothing = 0.1, .pos_weight = w, .class_weights = v};
  EXPECT_NEAR(BceLoss(logits_, target_, mask_, options).item<double>(), sum / count, 1e-12);
}

TEST_F(BceLossTest, TargetsOfAnyTypeWillDo) {
  EXPECT_EQ(BceLoss(logits_, target_.to(torch::kBool)).item<double>(),
            BceLoss(logits_, target_).item<double>());
}

TEST_F(BceLossTest, OneColumnMaskCountsWholeRows) {
  torch::Tensor rows = torch::zeros({logits_.size(0), 1}, torch::kFloat64);
  rows[0] = 1;
  const double expected = BceLoss(logits_.slice(0, 0, 1), target_.slice(0, 0, 1)).item<double>();
  EXPECT_NEAR(BceLoss(logits_, target_, rows).item<double>(), expected, 1e-12);
}

TEST_F(BceLossTest, AWhollyMaskedBatchIsZeroWithALiveGraph) {
  const torch::Tensor loss = BceLoss(logits_, target_, torch::zeros_like(mask_));
  EXPECT_EQ(loss.item<double>(), 0);
  loss.backward();
  EXPECT_EQ(logits_.grad().abs().sum().item<double>(), 0);
}

TEST_F(BceLossTest, HugeLogitsStayFinite) {
  const torch::Tensor x = torch::tensor({{1e4, -1e4}}, torch::kFloat64);
  EXPECT_NEAR(BceLoss(x, torch::tensor({{0.0, 1.0}}, torch::kFloat64)).item<double>(), 1e4, 1e-6);
}

TEST_F(BceLossTest, RefusesBadInput) {
  EXPECT_THROW(BceLoss(logits_, torch::zeros({1, 2}, torch::kFloat64)), c10::Error);
  EXPECT_THROW(BceLoss(logits_, target_, torch::ones({3, 5})), c10::Error);
  EXPECT_THROW(BceLoss(logits_, target_, {}, {.smoothing = 1}), c10::Error);
  EXPECT_THROW(BceLoss(logits_, target_, {}, {.smoothing = -0.1}), c10::Error);
  EXPECT_THROW(BceLoss(logits_, target_, {}, {.pos_weight = torch::ones({4})}), c10::Error);
  EXPECT_THROW(BceLoss(logits_, target_, {}, {.class_weights = torch::ones({5, 1})}), c10::Error);
}

}  // namespace
}  // namespace lookbook
