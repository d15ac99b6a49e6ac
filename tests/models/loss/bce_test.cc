// Values and gradients against tests/models/oracles/vectors.json, and against finite differences.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "models/loss/bce.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

torch::Tensor ToTensor(const nlohmann::json& rows) {
  const auto values = rows.get<std::vector<std::vector<double>>>();
  torch::Tensor tensor = torch::empty({static_cast<int64_t>(values.size()), static_cast<int64_t>(values[0].size())},
                                      torch::kFloat64);
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = 0; j < values[i].size(); ++j) tensor[i][j] = values[i][j];
  }
  return tensor;
}

class BceLossTest : public testing::Test {
 protected:
  void SetUp() override {
    LB_ASSERT_OK_AND_ASSIGN(std::string text, ReadFile("tests/models/oracles/vectors.json"));
    oracles_ = nlohmann::json::parse(text);
    logits_ = ToTensor(oracles_["inputs"]["logits"]).requires_grad_();
    target_ = ToTensor(oracles_["inputs"]["target"]);
    mask_ = ToTensor(oracles_["inputs"]["mask"]);
  }

  void ExpectOracle(const torch::Tensor& loss, const std::string& name) {
    const auto& expected = oracles_["bce"]["cases"][name];
    EXPECT_NEAR(loss.item<double>(), expected["loss"].get<double>(), 1e-9);
    loss.backward();
    EXPECT_TRUE(torch::allclose(logits_.grad(), ToTensor(expected["grad"]), 1e-9, 1e-12)) << name;
  }

  nlohmann::json oracles_;
  torch::Tensor logits_, target_, mask_;
};

TEST_F(BceLossTest, PlainMatchesTheOracle) { ExpectOracle(BceLoss(logits_, target_), "plain"); }

TEST_F(BceLossTest, MaskedMatchesTheOracle) {
  ExpectOracle(BceLoss(logits_, target_, mask_), "masked");
}

TEST_F(BceLossTest, SmoothedMatchesTheOracle) {
  ExpectOracle(BceLoss(logits_, target_, {}, {.smoothing = 0.1}), "label_smoothing_0.1");
}

TEST_F(BceLossTest, GradientMatchesCentralDifferences) {
  BceLoss(logits_, target_, mask_, {.smoothing = 0.05}).backward();
  torch::NoGradGuard no_grad;
  const double h = 1e-6;
  for (int64_t i = 0; i < logits_.size(0); ++i) {
    for (int64_t j = 0; j < logits_.size(1); ++j) {
      torch::Tensor up = logits_.clone(), down = logits_.clone();
      up[i][j] += h;
      down[i][j] -= h;
      const double slope = (BceLoss(up, target_, mask_, {.smoothing = 0.05}) -
                            BceLoss(down, target_, mask_, {.smoothing = 0.05}))
                               .item<double>() / (2 * h);
      EXPECT_NEAR(logits_.grad()[i][j].item<double>(), slope, 1e-8);
    }
  }
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

TEST_F(BceLossTest, RefusesTargetsOfAnotherShape) {
  EXPECT_THROW(BceLoss(logits_, torch::zeros({1, 2}, torch::kFloat64)), c10::Error);
}

}  // namespace
}  // namespace lookbook
