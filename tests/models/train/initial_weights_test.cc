#include "models/train/initial_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "models/train/tensor_file.h"
#include "models/train/weights.h"
#include "tests/models/nn/formula.h"
#include "tests/models/train/weights_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class InitialWeightsTest : public testing::Test {
 protected:
  EmbedderNet Make(const NetworkSpec& spec) {
    torch::manual_seed(2);
    auto net = MakeNetwork(spec);
    EXPECT_THAT(net, IsOk());
    return net.ok() ? *net : nullptr;
  }
  // A file of ours with these tensors.
  std::string Write(const std::map<std::string, torch::Tensor>& tensors) {
    EXPECT_THAT(WriteTensorFile(dir_ / "w.pt", {.text = "{}", .tensors = tensors}), IsOk());
    return dir_ / "w.pt";
  }
  TempDir dir_;
};

TEST_F(InitialWeightsTest, EveryKindGivesPythonsLogits) {
  const nlohmann::json expected = ExpectedWeights();
  for (const char* file : {"state_dict.pth", "state_dict.safetensors", "scripted.ts"}) {
    EmbedderNet net = Make(FixtureSpec());
    LB_ASSERT_OK_AND_ASSIGN(const InitReport report, LoadInitialWeights(WeightsFixture(file), net));
    EXPECT_THAT(report.loaded, SizeIs(expected["state"].size()));
    EXPECT_THAT(report.missing, IsEmpty());
    EXPECT_THAT(report.left_over, IsEmpty());
    net->eval();
    torch::NoGradGuard no_grad;
    const torch::Tensor logits = net->forward(Picture()).logits;
    for (int row = 0; row < 2; ++row) {
      for (int c = 0; c < 8; ++c) {
        const double want = expected["logits"][row][c];
        EXPECT_NEAR(logits[row][c].item<double>(), want, 1e-5 * std::max(1.0, std::abs(want)))
            << file;
      }
    }
  }
}

TEST_F(InitialWeightsTest, OtherTypesAreConverted) {
  EmbedderNet net = Make(FixtureSpec());
  ASSERT_THAT(LoadInitialWeights(WeightsFixture("mixed_types.pth"), net), IsOk());
  const nlohmann::json keys = ExpectedWeights().at("state");
  for (const auto& [name, tensor] : State(*net)) {
    if (!tensor.is_floating_point()) continue;
    EXPECT_EQ(tensor.scalar_type(), torch::kFloat32) << name;
  }
  const std::string first = keys[0][0];
  const torch::Tensor want =
      FormulaTensor(first, State(*net).at(first).sizes(), 0).to(torch::kBFloat16);
  EXPECT_TRUE(torch::equal(State(*net).at(first), want.to(torch::kFloat32)));
}

TEST_F(InitialWeightsTest, AnotherHeadKeepsItsValuesAndIsReported) {
  NetworkSpec spec = FixtureSpec();
  spec.classes = 3;
  spec.attributes = 2;
  spec.embedding_dim = 4;
  EmbedderNet net = Make(spec);
  const auto before = CopyOfState(*net);
  LB_ASSERT_OK_AND_ASSIGN(const InitReport report,
                          LoadInitialWeights(WeightsFixture("state_dict.pth"), net));
  EXPECT_THAT(report.missing,
              ElementsAre("attribute_head.bias", "attribute_head.weight", "classifier.1.bias",
                          "classifier.1.weight", "embedding.0.weight", "embedding.1.bias",
                          "embedding.1.num_batches_tracked", "embedding.1.running_mean",
                          "embedding.1.running_var", "embedding.1.weight"));
  EXPECT_THAT(report.left_over, ElementsAre("classifier.1.bias", "classifier.1.weight"));
  for (const std::string& name : report.missing)
    EXPECT_TRUE(torch::equal(State(*net).at(name), before.at(name))) << name;
  for (const std::string& name : report.loaded) EXPECT_TRUE(net->IsBackbone(name)) << name;
  EXPECT_FALSE(
      torch::equal(State(*net).at("features.0.0.weight"), before.at("features.0.0.weight")));
}

TEST_F(InitialWeightsTest, ABackboneThatDoesNotFitIsAnErrorThatChangesNothing) {
  EmbedderNet net = Make({.backbone = "mobilenet_v2", .classes = 8, .width = 0.25});
  const auto before = CopyOfState(*net);
  EXPECT_THAT(
      LoadInitialWeights(WeightsFixture("state_dict.pth"), net),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               AllOf(HasSubstr("state_dict.pth: "), HasSubstr(" of the backbone's 312"),
                     HasSubstr("the first: features."), HasSubstr("the network has Float["))));
  EXPECT_THAT(LoadInitialWeights(WeightsFixture("state_dict.pth"), Make({.backbone = "resnet18"})),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("100 of the backbone's 120 tensors do not fit; the first: "
                                 "conv1.weight is missing, the network has Float[64, 3, 7, 7]")));
  for (const auto& [name, tensor] : State(*net))
    EXPECT_TRUE(torch::equal(tensor, before.at(name))) << name;
}

TEST_F(InitialWeightsTest, OneMissingBackboneTensorIsNamed) {
  EmbedderNet net = Make({.classes = 2});
  auto tensors = CopyOfState(*net);
  tensors.erase("features.3.1.running_mean");
  EXPECT_THAT(LoadInitialWeights(Write(tensors), net),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("1 of the backbone's 42 tensors do not fit; the first: "
                                 "features.3.1.running_mean is missing")));
}

TEST_F(InitialWeightsTest, CountersThatAnOldFileLacksBecomeZero) {
  EmbedderNet net = Make({.classes = 2});
  net->forward(torch::randn({2, 3, 32, 32}));  // Counts 1.
  auto tensors = CopyOfState(*net);
  int64_t counters = 0;
  for (auto it = tensors.begin(); it != tensors.end();) {
    const bool is_counter = it->first.find("num_batches_tracked") != std::string::npos;
    counters += is_counter;
    it = is_counter ? tensors.erase(it) : std::next(it);
  }
  ASSERT_EQ(counters, 7);
  LB_ASSERT_OK_AND_ASSIGN(const InitReport report, LoadInitialWeights(Write(tensors), net));
  EXPECT_THAT(report.missing, SizeIs(7));
  EXPECT_THAT(report.missing, Contains("features.0.1.num_batches_tracked"));
  EXPECT_EQ(State(*net).at("features.0.1.num_batches_tracked").item<int64_t>(), 0);
}

TEST_F(InitialWeightsTest, ValuesThatNoNetworkHasAreDataLoss) {
  EmbedderNet net = Make({.classes = 2});
  const auto before = CopyOfState(*net);
  auto tensors = CopyOfState(*net);
  tensors.at("features.2.0.weight")[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(LoadInitialWeights(Write(tensors), net),
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr("features.2.0.weight holds a value that is not finite")));
  tensors = CopyOfState(*net);
  tensors.at("features.2.1.running_var")[3] = -1;
  EXPECT_THAT(LoadInitialWeights(Write(tensors), net),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("negative variance")));
  tensors = CopyOfState(*net);
  tensors.at("features.2.0.weight") = tensors.at("features.2.0.weight").to(torch::kInt64);
  EXPECT_THAT(LoadInitialWeights(Write(tensors), net),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("is Long[")));
  for (const auto& [name, tensor] : State(*net))
    EXPECT_TRUE(torch::equal(tensor, before.at(name))) << name;
}

TEST_F(InitialWeightsTest, ModeGradientsAndLayoutStay) {
  EmbedderNet net = Make(FixtureSpec());
  net->train();
  net->FreezeBackbone();
  for (torch::Tensor& parameter : net->parameters()) {
    torch::NoGradGuard no_grad;
    if (parameter.dim() == 4)
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  }
  ASSERT_THAT(LoadInitialWeights(WeightsFixture("state_dict.pth"), net), IsOk());
  EXPECT_TRUE(net->is_training());
  const torch::Tensor conv = State(*net).at("features.1.conv.1.weight");
  EXPECT_FALSE(conv.requires_grad());
  EXPECT_TRUE(State(*net).at("classifier.1.weight").requires_grad());
  EXPECT_TRUE(
      State(*net).at("features.0.0.weight").is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST_F(InitialWeightsTest, OurOwnWeightsFitANetworkWithAnotherHead) {
  const NetworkSpec spec{.classes = 4};
  EmbedderNet trained = Make(spec);
  ASSERT_THAT(SaveWeights(dir_ / "weights.pt", spec, trained), IsOk());
  torch::manual_seed(9);
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net,
                          MakeNetwork({.classes = 4, .head = "mlp", .embedding_dim = 8}));
  LB_ASSERT_OK_AND_ASSIGN(const InitReport report, LoadInitialWeights(dir_ / "weights.pt", net));
  EXPECT_THAT(report.loaded, SizeIs(42));
  EXPECT_THAT(report.left_over, ElementsAre("classifier.bias", "classifier.weight"));
  EXPECT_TRUE(torch::equal(State(*net).at("features.6.0.weight"),
                           State(*trained).at("features.6.0.weight")));
}

TEST_F(InitialWeightsTest, AbsentFilesAreNotFound) {
  EXPECT_THAT(LoadInitialWeights(dir_ / "none.pth", Make({.classes = 2})),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.pth")));
}

}  // namespace
}  // namespace lookbook
