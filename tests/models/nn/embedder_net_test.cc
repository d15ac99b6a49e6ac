// Names, counts and numbers against torchvision (tests/models/fixtures/torchvision.json, made by
// scripts/fixtures/torchvision_fixtures.py).
#include <gmock/gmock.h>
#include <torch/torch.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "models/nn/embedder_net.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

torch::Tensor Wave(int64_t count, double seed) {
  return torch::sin(torch::arange(count, torch::kFloat64) * 0.37 + 1.3 * seed);
}

// Parameters and buffers by name.
std::map<std::string, torch::Tensor> State(const torch::nn::Module& net) {
  std::map<std::string, torch::Tensor> state;
  for (const auto& item : net.named_parameters()) state[item.key()] = item.value();
  for (const auto& item : net.named_buffers()) state[item.key()] = item.value();
  return state;
}

// The formula of scripts/fixtures/torchvision_fixtures.py; `keys` in torchvision's order.
void FillByFormula(const nlohmann::json& keys, torch::nn::Module& net) {
  torch::NoGradGuard no_grad;
  auto state = State(net);
  for (size_t seed = 0; seed < keys.size(); ++seed) {
    const std::string name = keys[seed][0];
    torch::Tensor tensor = state.at(name);
    if (name.find("num_batches_tracked") != std::string::npos) continue;
    torch::Tensor values = Wave(tensor.numel(), static_cast<double>(seed));
    if (name.find("running_var") != std::string::npos) {
      values = 1 + 0.5 * values * values;
    } else if (tensor.dim() >= 2) {
      values = values * std::sqrt(2.0 / (tensor.numel() / tensor.size(0)));
    } else if (name.find("weight") != std::string::npos) {
      values = 1 + 0.1 * values;
    } else {
      values = 0.1 * values;
    }
    tensor.copy_(values.reshape(tensor.sizes()).to(torch::kFloat32));
  }
}

class TorchvisionTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    LB_ASSERT_OK_AND_ASSIGN(std::string text, ReadFile("tests/models/fixtures/torchvision.json"));
    fixture_ = nlohmann::json::parse(text).at(GetParam());
  }
  nlohmann::json fixture_;
};

TEST_P(TorchvisionTest, HasTheSameKeysShapesAndParameterCount) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork({.backbone = GetParam(), .classes = 1000}));
  std::map<std::string, std::vector<int64_t>> expected, actual;
  for (const auto& entry : fixture_["state"]) {
    expected[entry[0]] = entry[1].get<std::vector<int64_t>>();
  }
  for (const auto& [name, tensor] : State(*net)) actual[name] = tensor.sizes().vec();
  EXPECT_EQ(actual, expected);

  int64_t parameters = 0;
  for (const torch::Tensor& p : net->parameters()) parameters += p.numel();
  EXPECT_EQ(parameters, fixture_["parameters"].get<int64_t>());
  EXPECT_EQ(parameters, GetParam() == "resnet50" ? 25557032 : 3504872);
}

TEST_P(TorchvisionTest, GivesTheSameLogitsAndFeatureForTheSameWeights) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork({.backbone = GetParam(), .classes = 1000}));
  net->eval();
  FillByFormula(fixture_["state"], *net);
  torch::NoGradGuard no_grad;
  const NetworkOutput out =
      net->forward(Wave(2 * 3 * 96 * 96, 0.5).reshape({2, 3, 96, 96}).to(torch::kFloat32));
  for (int row = 0; row < 2; ++row) {
    for (int i = 0; i < 16; ++i) {
      const double logit = fixture_["logits"][row][i];
      const double feature = fixture_["feature"][row][i];
      EXPECT_NEAR(out.logits[row][i].item<double>(), logit, 1e-5 * std::max(1.0, std::abs(logit)));
      EXPECT_NEAR(out.feature[row][i].item<double>(), feature, 1e-5 * std::max(1.0, std::abs(feature)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, TorchvisionTest, testing::Values("mobilenet_v2", "resnet50"),
                         [](const auto& info) { return info.param; });

struct Shape {
  std::string backbone;
  int dim;
};
class NetworkTest : public testing::TestWithParam<Shape> {};

TEST_P(NetworkTest, OutputsHaveTheStatedShapesAndUnitRows) {
  LB_ASSERT_OK_AND_ASSIGN(
      EmbedderNet net, MakeNetwork({.backbone = GetParam().backbone, .classes = 5, .attributes = 3}));
  EXPECT_EQ(net->dim(), GetParam().dim);
  net->eval();
  torch::NoGradGuard no_grad;
  const NetworkOutput out = net->forward(torch::randn({2, 3, 64, 64}));
  EXPECT_EQ(out.logits.sizes(), (std::vector<int64_t>{2, 5}));
  EXPECT_EQ(out.attribute_logits.sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(out.feature.sizes(), (std::vector<int64_t>{2, GetParam().dim}));
  EXPECT_TRUE(torch::allclose(out.embedding.norm(2, 1), torch::ones({2})));
  EXPECT_TRUE(torch::allclose(out.embedding * out.feature.norm(2, 1, true), out.feature, 1e-4, 1e-5));
}

TEST_P(NetworkTest, EveryParameterReceivesAGradient) {
  LB_ASSERT_OK_AND_ASSIGN(
      EmbedderNet net, MakeNetwork({.backbone = GetParam().backbone, .classes = 5, .attributes = 3}));
  const NetworkOutput out = net->forward(torch::randn({4, 3, 64, 64}));
  (out.logits.square().sum() + out.attribute_logits.square().sum()).backward();
  for (const auto& item : net->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, NetworkTest,
                         testing::Values(Shape{"small_cnn", 192}, Shape{"mobilenet_v2", 1280},
                                         Shape{"resnet50", 2048}),
                         [](const auto& info) { return info.param.backbone; });

TEST(MakeNetworkTest, NamesWhatItKnowsWhenAskedForAnother) {
  EXPECT_THAT(MakeNetwork({.backbone = "vgg16"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"vgg16\" is none of small_cnn")));
  EXPECT_THAT(MakeNetwork({.classes = 0}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(MakeNetworkTest, SameSeedSameWeights) {
  torch::manual_seed(3);
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet a, MakeNetwork({.classes = 4}));
  torch::manual_seed(3);
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet b, MakeNetwork({.classes = 4}));
  const auto left = State(*a), right = State(*b);
  for (const auto& [name, tensor] : left) EXPECT_TRUE(torch::equal(tensor, right.at(name))) << name;
}

TEST(PriorTest, BiasIsTheLogitOfTheClampedFrequency) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork({.classes = 3, .attributes = 1}));
  net->SetClassPrior({1200, 0, 2000}, 2000);
  net->SetAttributePrior({500}, 1000);
  const auto state = State(*net);
  EXPECT_NEAR(state.at("classifier.bias")[0].item<double>(), std::log(1200.0 / 800), 1e-6);
  EXPECT_NEAR(state.at("classifier.bias")[1].item<double>(), std::log(1.0 / 1999), 1e-6);
  EXPECT_NEAR(state.at("classifier.bias")[2].item<double>(), std::log(1999.0 / 1), 1e-6);
  EXPECT_NEAR(state.at("attribute_head.bias")[0].item<double>(), 0, 1e-6);
}

TEST(UnitRowsTest, AZeroRowStaysZeroAndFinite) {
  const torch::Tensor rows = UnitRows(torch::tensor({{3.0f, 4.0f}, {0.0f, 0.0f}}));
  EXPECT_TRUE(torch::allclose(rows, torch::tensor({{0.6f, 0.8f}, {0.0f, 0.0f}})));
}

}  // namespace
}  // namespace lookbook
