#include "models/export/torchscript_export.h"

#include <gmock/gmock.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <set>

#include "base/files.h"
#include "engine/embed/torchscript_model.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string name;
  NetworkSpec spec;
};

class ExportTest : public testing::TestWithParam<Case> {
 protected:
  // A net whose BatchNorm statistics are not the initial ones.
  static EmbedderNet TrainedALittle(NetworkSpec spec, int attributes) {
    torch::manual_seed(5);
    spec.classes = 7;
    spec.attributes = attributes;
    auto net = MakeNetwork(spec);
    (*net)->train();
    torch::NoGradGuard no_grad;
    for (int i = 0; i < 2; ++i) (*net)->forward(torch::randn({4, 3, 64, 64}) * 2 + 0.5);
    return *net;
  }
  std::string path_ = JoinPath(testing::TempDir(), "export_test_" + GetParam().name + ".ts");
};

TEST_P(ExportTest, IsBitEqualToTheEagerModuleAtAnyBatch) {
  EmbedderNet net = TrainedALittle(GetParam().spec, 3);
  ASSERT_THAT(ExportTorchScript(net, 64, path_), IsOk());

  torch::jit::Module script = torch::jit::load(path_);
  torch::NoGradGuard no_grad;
  for (int batch : {1, 3, 8, 5}) {
    const torch::Tensor images = torch::randn({batch, 3, 64, 64});
    const NetworkOutput eager = net->forward(images);
    const auto out = script.forward({images}).toTuple()->elements();
    ASSERT_EQ(out.size(), 3u);
    EXPECT_TRUE(torch::equal(out[0].toTensor(), eager.embedding)) << batch;
    EXPECT_TRUE(torch::equal(out[1].toTensor(), torch::sigmoid(eager.logits))) << batch;
    EXPECT_TRUE(torch::equal(out[2].toTensor(), torch::sigmoid(eager.attribute_logits))) << batch;
  }
}

TEST_P(ExportTest, ItsConvolutionsAreRunByOneDnn) {
  if (!ConvNet::kAvailable) GTEST_SKIP() << "this build is without oneDNN";
  EmbedderNet net = TrainedALittle(GetParam().spec, 0);
  ASSERT_THAT(ExportTorchScript(net, 64, path_), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path_));
  LB_ASSERT_OK_AND_ASSIGN(const SplitModule split, LoadSplitModule(bytes, 64, {5}));
  ASSERT_NE(split.convolutions, nullptr);
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::randn({5, 3, 64, 64});
  const ConvNet::Shape& shape = split.convolutions->shape();
  torch::Tensor features = torch::empty({5, shape.channels, shape.height, shape.width});
  ASSERT_THAT(split.convolutions->Run(images.data_ptr<float>(), 5, features.data_ptr<float>()),
              IsOk());
  const auto out = RunScriptModule(split.rest, features).toTuple()->elements();
  const NetworkOutput eager = net->forward(images);
  EXPECT_TRUE(torch::allclose(out[0].toTensor(), eager.embedding, 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(out[1].toTensor(), torch::sigmoid(eager.logits), 1e-4, 1e-5));
}

TEST_P(ExportTest, KeepsParameterNames) {
  EmbedderNet net = TrainedALittle(GetParam().spec, 0);
  ASSERT_THAT(ExportTorchScript(net, 64, path_), IsOk());
  std::set<std::string> eager, exported;
  for (const auto& item : net->named_parameters()) eager.insert(item.key());
  for (const auto& item : net->named_buffers()) eager.insert(item.key());
  torch::jit::Module script = torch::jit::load(path_);
  for (const auto& item : script.named_parameters()) exported.insert(item.name);
  for (const auto& item : script.named_buffers()) exported.insert(item.name);
  EXPECT_EQ(exported, eager);
}

void CollectConstants(const torch::jit::Block* block, std::set<c10::TypeKind>* kinds) {
  for (const torch::jit::Node* node : block->nodes()) {
    for (const torch::jit::Block* inner : node->blocks()) CollectConstants(inner, kinds);
    if (node->kind() == c10::prim::Constant) kinds->insert(node->output()->type()->kind());
  }
}

TEST_P(ExportTest, HoldsNoTensorOrDeviceConstants) {
  EmbedderNet net = TrainedALittle(GetParam().spec, 3);
  ASSERT_THAT(ExportTorchScript(net, 64, path_), IsOk());
  torch::jit::Module script = torch::jit::load(path_);
  std::set<c10::TypeKind> kinds;
  CollectConstants(script.get_method("forward").graph()->block(), &kinds);
  EXPECT_FALSE(kinds.empty());
  EXPECT_EQ(kinds.count(c10::TypeKind::TensorType), 0u);
  EXPECT_EQ(kinds.count(c10::TypeKind::DeviceObjType), 0u);
}

std::set<std::string> OperatorsOf(const torch::jit::Module& module) {
  std::set<std::string> names;
  const auto graph = module.get_method("forward").graph();
  for (const torch::jit::Node* node : graph->nodes()) names.insert(node->kind().toQualString());
  return names;
}

TEST_P(ExportTest, RunsTheSameAfterOptimizeForInference) {
  EmbedderNet net = TrainedALittle(GetParam().spec, 0);
  ASSERT_THAT(ExportTorchScript(net, 64, path_), IsOk());
  torch::jit::Module script = torch::jit::load(path_);
  script.eval();
  // As the server does it: without freezing first, optimize_for_inference() does nothing.
  EXPECT_THAT(OperatorsOf(script), testing::Not(testing::Contains("prim::mkldnn_convolution")));
  script = torch::jit::freeze(script);
  script = torch::jit::optimize_for_inference(script);
  EXPECT_THAT(OperatorsOf(script), testing::Contains("prim::mkldnn_convolution"))
      << "it was optimised";
  EXPECT_EQ(script.parameters().size(), 0u) << "weights are constants";
  torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::randn({4, 3, 64, 64});
  const auto out = script.forward({images}).toTuple()->elements();
  EXPECT_TRUE(torch::allclose(out[0].toTensor(), net->forward(images).embedding, 1e-3, 1e-5));
}

INSTANTIATE_TEST_SUITE_P(
    Networks, ExportTest,
    testing::Values(Case{"small_cnn", {.backbone = "small_cnn"}},
                    Case{"mobilenet_v2", {.backbone = "mobilenet_v2"}},
                    Case{"resnet18", {.backbone = "resnet18"}},
                    Case{"resnet50", {.backbone = "resnet50"}},
                    Case{"width", {.backbone = "mobilenet_v2", .width = 0.5}},
                    Case{"mlp", {.backbone = "small_cnn", .head = "mlp"}},
                    Case{"stacked", {.backbone = "mobilenet_v2", .width = 0.5, .head = "stacked"}},
                    Case{"embedding", {.backbone = "small_cnn", .embedding_dim = 24}},
                    Case{"all", {.backbone = "resnet18", .head = "mlp", .embedding_dim = 24}}),
    [](const auto& info) { return info.param.name; });

TEST(ExportFrozenTest, AFrozenNetworkIsExportedLikeAnyOther) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork({.classes = 2, .embedding_dim = 8}));
  net->FreezeBackbone();
  const std::string path = JoinPath(testing::TempDir(), "export_test_frozen.ts");
  ASSERT_THAT(ExportTorchScript(net, 64, path), IsOk());
  torch::jit::Module script = torch::jit::load(path);
  torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::randn({2, 3, 64, 64});
  EXPECT_TRUE(torch::equal(script.forward({images}).toTuple()->elements()[0].toTensor(),
                           net->forward(images).embedding));
}

// Dropout that eval mode does not switch off: no two runs are alike.
class RestlessNet : public EmbedderNetImpl {
 public:
  RestlessNet() : EmbedderNetImpl(3, {}) {
    AddHeads({.classes = 2}, register_module("fc", torch::nn::Linear(3, 2)));
  }

 private:
  torch::Tensor Pooled(const torch::Tensor& images) override {
    return images.mean({2, 3}) + torch::rand_like(images).mean({2, 3});
  }
};

TEST(ExportErrorTest, AModelThatDiffersNeverTakesTheName) {
  const std::string folder = JoinPath(testing::TempDir(), "export_differs");
  ASSERT_THAT(RemoveAll(folder), IsOk());
  ASSERT_THAT(MakeDirectories(folder), IsOk());
  const std::string path = JoinPath(folder, "model.ts");
  ASSERT_THAT(WriteFile(path, "the good one of yesterday"), IsOk());
  EXPECT_THAT(ExportTorchScript(std::make_shared<RestlessNet>(), 32, path),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("differs from the eager module")));
  EXPECT_THAT(ReadFile(path), IsOkAndHolds("the good one of yesterday"));
  EXPECT_THAT(ListDirectory(folder), IsOkAndHolds(testing::ElementsAre("model.ts")));
}

TEST(ExportErrorTest, AnUnwritablePathIsNamed) {
  auto net = MakeNetwork({.classes = 2});
  EXPECT_THAT(ExportTorchScript(*net, 64, "/nonexistent/folder/model.ts"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nonexistent/folder/model.ts")));
}

TEST(ExportErrorTest, WhatTorchThrowsBecomesAStatus) {
  auto net = MakeNetwork({.classes = 2});
  EXPECT_THAT(ExportTorchScript(*net, /*image_size=*/0, JoinPath(testing::TempDir(), "never.ts")),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("never.ts")));
}

}  // namespace
}  // namespace lookbook
