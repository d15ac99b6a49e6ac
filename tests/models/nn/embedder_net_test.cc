#include "models/nn/embedder_net.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <cmath>
#include <map>
#include <set>

#include "models/nn/mobilenet_v2.h"
#include "tests/models/nn/formula.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Sizes = std::vector<int64_t>;

struct Shape {
  std::string name;
  NetworkSpec spec;
  int feature;
};

NetworkSpec Spec(const std::string& backbone, const std::string& head = "linear", int dim = 0,
                 double width = 1) {
  return {.backbone = backbone,
          .classes = 5,
          .attributes = 3,
          .width = width,
          .head = head,
          .head_hidden = 32,
          .embedding_dim = dim};
}

class NetworkTest : public testing::TestWithParam<Shape> {};

TEST_P(NetworkTest, OutputsHaveTheStatedShapesAndUnitRows) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(GetParam().spec));
  const int dim =
      GetParam().spec.embedding_dim > 0 ? GetParam().spec.embedding_dim : GetParam().feature;
  EXPECT_EQ(net->feature_dim(), GetParam().feature);
  EXPECT_EQ(net->dim(), dim);
  net->eval();
  torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::randn({2, 3, 64, 64});
  const NetworkOutput out = net->forward(images);
  EXPECT_EQ(out.logits.sizes(), (Sizes{2, 5}));
  EXPECT_EQ(out.attribute_logits.sizes(), (Sizes{2, 3}));
  EXPECT_EQ(out.feature.sizes(), (Sizes{2, GetParam().feature}));
  EXPECT_EQ(out.embedding_raw.sizes(), (Sizes{2, dim}));
  EXPECT_EQ(out.embedding.sizes(), (Sizes{2, dim}));
  EXPECT_EQ(out.embedding.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(torch::allclose(out.embedding.norm(2, 1), torch::ones({2})));
  EXPECT_TRUE(torch::allclose(out.embedding * out.embedding_raw.norm(2, 1, true), out.embedding_raw,
                              1e-4, 1e-5));
  EXPECT_EQ(torch::equal(out.embedding_raw, out.feature), GetParam().spec.embedding_dim == 0);
}

TEST_P(NetworkTest, ForwardIsFeaturesThenHeads) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(GetParam().spec));
  net->eval();
  torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::randn({2, 3, 64, 64});
  const NetworkOutput whole = net->forward(images);
  const torch::Tensor feature = net->Features(images);
  const NetworkOutput heads = net->Heads(feature);
  EXPECT_TRUE(torch::equal(feature, whole.feature));
  EXPECT_TRUE(torch::equal(heads.logits, whole.logits));
  EXPECT_TRUE(torch::equal(heads.attribute_logits, whole.attribute_logits));
  EXPECT_TRUE(torch::equal(heads.embedding, whole.embedding));
}

TEST_P(NetworkTest, EveryParameterReceivesAGradient) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(GetParam().spec));
  const NetworkOutput out = net->forward(torch::randn({4, 3, 64, 64}));
  (out.logits.square().sum() + out.attribute_logits.square().sum() + out.embedding_raw.sum() +
   (out.embedding * Noise(out.embedding.numel(), 1).reshape(out.embedding.sizes())).sum())
      .backward();
  for (const auto& item : net->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
}

TEST_P(NetworkTest, BlocksHoldEveryParameterOnceFromStemToHead) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(GetParam().spec));
  const std::vector<ParameterBlock> blocks = net->Blocks();
  ASSERT_GE(blocks.size(), 5u);
  EXPECT_EQ(blocks.front().name, "stem");
  EXPECT_EQ(blocks.back().name, "head");
  std::map<std::string, int> times;
  for (const ParameterBlock& block : blocks) {
    EXPECT_FALSE(block.parameters.empty()) << block.name;
    for (const auto& [name, tensor] : block.parameters) {
      ++times[name];
      EXPECT_TRUE(tensor.is_same(net->named_parameters()[name])) << name;
      EXPECT_EQ(net->IsBackbone(name), block.name != "head") << name;
    }
  }
  EXPECT_EQ(times.size(), net->named_parameters().size());
  for (const auto& [name, count] : times) EXPECT_EQ(count, 1) << name;
}

INSTANTIATE_TEST_SUITE_P(
    Networks, NetworkTest,
    testing::Values(Shape{"small_cnn", Spec("small_cnn"), 192},
                    Shape{"mobilenet_v2", Spec("mobilenet_v2"), 1280},
                    Shape{"resnet18", Spec("resnet18"), 512},
                    Shape{"resnet50", Spec("resnet50"), 2048},
                    Shape{"narrow", Spec("mobilenet_v2", "linear", 0, 0.25), 1280},
                    Shape{"wide", Spec("mobilenet_v2", "linear", 0, 1.4), 1792},
                    Shape{"mlp", Spec("resnet18", "mlp", 16), 512},
                    Shape{"mobile_mlp", Spec("mobilenet_v2", "mlp", 0, 0.25), 1280},
                    Shape{"stacked", Spec("mobilenet_v2", "stacked", 24, 0.25), 1280},
                    Shape{"small_stacked", Spec("small_cnn", "stacked"), 192}),
    [](const auto& info) { return info.param.name; });

// Without the backbone's own tensors.
std::map<std::string, Sizes> HeadShapes(const NetworkSpec& spec) {
  const auto net = MakeNetwork(spec);
  std::map<std::string, Sizes> shapes;
  if (!net.ok()) return shapes;
  for (const auto& [name, tensor] : State(**net)) {
    if (!(*net)->IsBackbone(name)) shapes[name] = tensor.sizes().vec();
  }
  return shapes;
}

TEST(HeadTest, LinearIsTorchvisionsClassifier) {
  const std::map<std::string, Sizes> attributes = {{"attribute_head.weight", {3, 512}},
                                                   {"attribute_head.bias", {3}}};
  std::map<std::string, Sizes> expected = attributes;
  expected["fc.weight"] = {5, 512};
  expected["fc.bias"] = {5};
  EXPECT_EQ(HeadShapes(Spec("resnet18")), expected);
}

TEST(HeadTest, MlpReplacesTheClassifier) {
  const std::map<std::string, Sizes> expected = {{"head.0.weight", {32, 1280}},
                                                 {"head.1.weight", {32}},
                                                 {"head.1.bias", {32}},
                                                 {"head.1.running_mean", {32}},
                                                 {"head.1.running_var", {32}},
                                                 {"head.1.num_batches_tracked", {}},
                                                 {"head.4.weight", {5, 32}},
                                                 {"head.4.bias", {5}},
                                                 {"attribute_head.weight", {3, 1280}},
                                                 {"attribute_head.bias", {3}}};
  EXPECT_EQ(HeadShapes(Spec("mobilenet_v2", "mlp", 0, 0.25)), expected);
}

TEST(HeadTest, StackedKeepsTorchvisionsThousandOutputs) {
  const std::map<std::string, Sizes> expected = {{"classifier.1.weight", {1000, 1280}},
                                                 {"classifier.1.bias", {1000}},
                                                 {"head.0.weight", {5, 1000}},
                                                 {"head.0.bias", {5}},
                                                 {"attribute_head.weight", {3, 1280}},
                                                 {"attribute_head.bias", {3}},
                                                 {"embedding.0.weight", {7, 1280}},
                                                 {"embedding.1.weight", {7}},
                                                 {"embedding.1.bias", {7}},
                                                 {"embedding.1.running_mean", {7}},
                                                 {"embedding.1.running_var", {7}},
                                                 {"embedding.1.num_batches_tracked", {}}};
  EXPECT_EQ(HeadShapes(Spec("mobilenet_v2", "stacked", 7, 0.25)), expected);
}

// The heads by hand, in eval mode and with statistics that are not the initial ones.
TEST(HeadTest, GivesWhatItsLayersSay) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(Spec("small_cnn", "mlp", 6)));
  torch::NoGradGuard no_grad;
  for (int i = 0; i < 3; ++i) net->Heads(torch::randn({16, 192}) * 3 + 1);
  net->eval();
  const auto state = State(*net);
  const torch::Tensor x = torch::randn({4, 192});
  const auto norm = [&](const std::string& name, const torch::Tensor& in) {
    return (in - state.at(name + ".running_mean")) /
               torch::sqrt(state.at(name + ".running_var") + 1e-5) * state.at(name + ".weight") +
           state.at(name + ".bias");
  };
  const torch::Tensor hidden = torch::relu(norm("head.1", x.matmul(state.at("head.0.weight").t())));
  const torch::Tensor logits =
      hidden.matmul(state.at("head.4.weight").t()) + state.at("head.4.bias");
  const torch::Tensor raw = norm("embedding.1", x.matmul(state.at("embedding.0.weight").t()));
  const NetworkOutput out = net->Heads(x);
  EXPECT_TRUE(torch::allclose(out.logits, logits, 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(out.embedding_raw, raw, 1e-4, 1e-5));
}

TEST(HeadTest, MlpDropsHiddenValuesInTrainingAlone) {
  NetworkSpec spec = Spec("small_cnn", "mlp");
  spec.head_dropout = 0.3;
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(spec));
  const torch::Tensor x = torch::randn({8, 192});
  EXPECT_FALSE(torch::equal(net->Heads(x).logits, net->Heads(x).logits));
  net->eval();
  EXPECT_TRUE(torch::equal(net->Heads(x).logits, net->Heads(x).logits));
}

TEST(BlocksTest, NamesFollowTheResolution) {
  const auto names = [](const std::string& backbone) {
    std::vector<std::string> out;
    const auto net = MakeNetwork({.backbone = backbone, .classes = 2});
    for (const ParameterBlock& block : (*net)->Blocks()) out.push_back(block.name);
    return out;
  };
  EXPECT_THAT(names("resnet18"),
              ElementsAre("stem", "layer1", "layer2", "layer3", "layer4", "head"));
  EXPECT_THAT(names("resnet50"),
              ElementsAre("stem", "layer1", "layer2", "layer3", "layer4", "head"));
  EXPECT_THAT(names("mobilenet_v2"), ElementsAre("stem", "features.2-3", "features.4-6",
                                                 "features.7-13", "features.14-18", "head"));
  EXPECT_THAT(names("small_cnn"),
              ElementsAre("stem", "features.1-2", "features.3-4", "features.5-6", "head"));
}

TEST(MakeNetworkTest, NamesWhatItKnowsWhenAskedForAnother) {
  const auto code = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(MakeNetwork({.backbone = "vgg16"}),
              StatusIs(code, HasSubstr("\"vgg16\" is none of small_cnn")));
  EXPECT_THAT(MakeNetwork({.classes = 0}), StatusIs(code));
  EXPECT_THAT(MakeNetwork({.head = "deep"}),
              StatusIs(code, HasSubstr("\"deep\" is none of linear, mlp, stacked")));
  EXPECT_THAT(MakeNetwork({.backbone = "resnet18", .width = 0.5}),
              StatusIs(code, HasSubstr("width 0.5: resnet18 has none")));
  EXPECT_THAT(MakeNetwork({.backbone = "mobilenet_v2", .width = 0.01}),
              StatusIs(code, HasSubstr("width 0.01 is not within 0.1 to 4")));
  EXPECT_THAT(MakeNetwork({.head = "mlp", .head_hidden = 0}),
              StatusIs(code, HasSubstr("head_hidden 0")));
  EXPECT_THAT(MakeNetwork({.head = "mlp", .head_dropout = 1}),
              StatusIs(code, HasSubstr("head_dropout 1")));
  EXPECT_THAT(MakeNetwork({.embedding_dim = -1}), StatusIs(code, HasSubstr("embedding.dim -1")));
}

TEST(MakeNetworkTest, SameSeedSameWeights) {
  for (const NetworkSpec& spec : {NetworkSpec{.classes = 4}, Spec("small_cnn", "mlp", 16)}) {
    torch::manual_seed(3);
    LB_ASSERT_OK_AND_ASSIGN(EmbedderNet a, MakeNetwork(spec));
    torch::manual_seed(3);
    LB_ASSERT_OK_AND_ASSIGN(EmbedderNet b, MakeNetwork(spec));
    const auto left = State(*a), right = State(*b);
    for (const auto& [name, tensor] : left)
      EXPECT_TRUE(torch::equal(tensor, right.at(name))) << name;
  }
}

TEST(DivisibleChannelsTest, IsTheNearestMultipleOfEightButNeverMuchLess) {
  EXPECT_EQ(DivisibleChannels(3.2), 8);
  EXPECT_EQ(DivisibleChannels(32), 32);
  EXPECT_EQ(DivisibleChannels(33.6), 32);
  EXPECT_EQ(DivisibleChannels(36), 40);    // Half-way goes up.
  EXPECT_EQ(DivisibleChannels(11.2), 16);  // 8 would be less than nine tenths.
  EXPECT_EQ(DivisibleChannels(8.4), 8);
}

TEST(PriorTest, BiasIsTheLogitOfTheClampedFrequency) {
  for (const auto& [head, name] : std::map<std::string, std::string>{
           {"linear", "classifier"}, {"mlp", "head.4"}, {"stacked", "head.0"}}) {
    LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net,
                            MakeNetwork({.classes = 3, .attributes = 1, .head = head}));
    net->SetClassPrior({1200, 0, 2000}, 2000);
    net->SetAttributePrior({500}, 1000);
    const auto state = State(*net);
    EXPECT_NEAR(state.at(name + ".bias")[0].item<double>(), std::log(1200.0 / 800), 1e-6);
    EXPECT_NEAR(state.at(name + ".bias")[1].item<double>(), std::log(1.0 / 1999), 1e-6);
    EXPECT_NEAR(state.at(name + ".bias")[2].item<double>(), std::log(1999.0 / 1), 1e-6);
    EXPECT_NEAR(state.at("attribute_head.bias")[0].item<double>(), 0, 1e-6);
  }
}

TEST(UnitRowsTest, AZeroRowStaysZeroAndFinite) {
  const torch::Tensor rows = UnitRows(torch::tensor({{3.0f, 4.0f}, {0.0f, 0.0f}}));
  EXPECT_TRUE(torch::allclose(rows, torch::tensor({{0.6f, 0.8f}, {0.0f, 0.0f}})));
}

}  // namespace
}  // namespace lookbook
