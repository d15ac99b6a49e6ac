// Names, counts and numbers against torchvision (tests/models/fixtures/torchvision.json, made by
// scripts/fixtures/torchvision_fixtures.py).
#include <gmock/gmock.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/files.h"
#include "models/nn/embedder_net.h"
#include "tests/models/nn/formula.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

nlohmann::json Fixtures() {
  const auto text = ReadFile("tests/models/fixtures/torchvision.json");
  return text.ok() ? nlohmann::json::parse(*text) : nlohmann::json();
}

int64_t CountParameters(const torch::nn::Module& net) {
  int64_t count = 0;
  for (const torch::Tensor& p : net.parameters()) count += p.numel();
  return count;
}

void ExpectNear(const torch::Tensor& actual, const nlohmann::json& expected,
                const std::string& what) {
  const std::vector<double> values = expected.get<std::vector<double>>();
  ASSERT_GE(actual.numel(), static_cast<int64_t>(values.size())) << what;
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(actual[static_cast<int64_t>(i)].item<double>(), values[i],
                1e-5 * std::max(1.0, std::abs(values[i])))
        << what << " " << i;
  }
}

void ExpectRowsNear(const torch::Tensor& actual, const nlohmann::json& expected,
                    const std::string& what) {
  ASSERT_EQ(expected.size(), 2u);
  for (int row = 0; row < 2; ++row) ExpectNear(actual[row], expected[row], what);
}

class TorchvisionTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    fixture_ = Fixtures().at(GetParam());
    LB_ASSERT_OK_AND_ASSIGN(net_, MakeNetwork({.backbone = GetParam(), .classes = 1000}));
  }
  nlohmann::json fixture_;
  EmbedderNet net_;
};

TEST_P(TorchvisionTest, HasTheSameKeysShapesAndParameterCount) {
  std::map<std::string, std::vector<int64_t>> expected, actual;
  for (const auto& entry : fixture_["state"]) {
    expected[entry[0]] = entry[1].get<std::vector<int64_t>>();
  }
  for (const auto& [name, tensor] : State(*net_)) actual[name] = tensor.sizes().vec();
  EXPECT_EQ(actual, expected);

  const std::map<std::string, int64_t> published = {
      {"mobilenet_v2", 3504872}, {"resnet18", 11689512}, {"resnet50", 25557032}};
  EXPECT_EQ(CountParameters(*net_), fixture_["parameters"].get<int64_t>());
  EXPECT_EQ(CountParameters(*net_), published.at(GetParam()));
}

TEST_P(TorchvisionTest, GivesTheSameLogitsAndFeatureForTheSameWeights) {
  net_->eval();
  FillByFormula(fixture_["state"], *net_);
  torch::NoGradGuard no_grad;
  const NetworkOutput out = net_->forward(Picture());
  ExpectRowsNear(out.logits, fixture_["logits"], "logits");
  ExpectRowsNear(out.feature, fixture_["feature"], "feature");
}

TEST_P(TorchvisionTest, IsTheSameAfterOneTrainingStep) {
  FillByFormula(fixture_["state"], *net_);
  const nlohmann::json& step = fixture_["step"];
  const double loss = FormulaStep(*net_, Picture(), step["rate"].get<double>());
  EXPECT_NEAR(loss, step["loss"].get<double>(), 1e-5 * std::max(1.0, std::abs(loss)));

  torch::NoGradGuard no_grad;
  const auto state = State(*net_);
  ASSERT_EQ(step["norms"].size(), 8u);
  for (const auto& item : step["norms"].items())
    ExpectNear(state.at(item.key()), item.value(), item.key());
  const torch::Tensor logits = net_->forward(Picture()).logits;
  ExpectRowsNear(logits, step["logits"], "logits after the step");
  // The step moved them by much more than the tolerance.
  double moved = 0;
  for (int i = 0; i < 16; ++i) {
    const double before = fixture_["logits"][0][i];
    moved = std::max(moved, std::abs(logits[0][i].item<double>() - before));
  }
  EXPECT_GT(moved, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Networks, TorchvisionTest,
                         testing::Values("mobilenet_v2", "resnet18", "resnet50"),
                         [](const auto& info) { return info.param; });

TEST(TorchvisionWidthTest, MobileNetV2HasTheSameParameterCountAtEveryWidth) {
  const nlohmann::json fixtures = Fixtures();
  const nlohmann::json& widths = fixtures.at("mobilenet_v2_widths");
  ASSERT_GE(widths.size(), 8u);
  for (const auto& entry : widths) {
    const double width = entry[0];
    LB_ASSERT_OK_AND_ASSIGN(
        EmbedderNet net,
        MakeNetwork({.backbone = "mobilenet_v2", .classes = 1000, .width = width}));
    EXPECT_EQ(CountParameters(*net), entry[1].get<int64_t>()) << width;
    EXPECT_EQ(net->feature_dim(), width > 1 ? static_cast<int>(1280 * width) : 1280) << width;
  }
}

}  // namespace
}  // namespace lookbook
