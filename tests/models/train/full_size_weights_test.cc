// torchvision's full-size networks, saved by Python. The files are made by
// scripts/fixtures/full_size_check.py, which runs this test; without it there is nothing to check.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <iostream>

#include "base/files.h"
#include "models/train/initial_weights.h"
#include "tests/models/nn/formula.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// The largest |a - b| / max(1, |b|).
double Distance(const torch::Tensor& actual, const nlohmann::json& expected) {
  double largest = 0;
  for (int row = 0; row < 2; ++row) {
    const torch::Tensor want =
        torch::tensor(expected[row].get<std::vector<double>>(), torch::kFloat64);
    const torch::Tensor difference = (actual[row].to(torch::kFloat64) - want).abs();
    largest = std::max(largest, (difference / want.abs().clamp_min(1)).max().item<double>());
  }
  return largest;
}

class FullSizeWeightsTest : public testing::TestWithParam<std::string> {};

TEST_P(FullSizeWeightsTest, GivePythonsLogitsInEvalModeAndAfterOneStep) {
  const char* folder = std::getenv("LOOKBOOK_FULL_SIZE_WEIGHTS");
  if (folder == nullptr) GTEST_SKIP() << "run scripts/fixtures/full_size_check.py";
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(JoinPath(folder, GetParam() + ".json")));
  const nlohmann::json expected = nlohmann::json::parse(text);
  for (const char* suffix : {".pth", ".safetensors", ".ts"}) {
    LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net,
                            MakeNetwork({.backbone = GetParam(), .classes = 1000}));
    LB_ASSERT_OK_AND_ASSIGN(const InitReport report,
                            LoadInitialWeights(JoinPath(folder, GetParam() + suffix), net));
    EXPECT_TRUE(report.missing.empty() && report.left_over.empty()) << suffix;
    net->eval();
    double eval = 0, step = 0;
    {
      torch::NoGradGuard no_grad;
      eval = Distance(net->forward(Picture()).logits, expected["logits"]);
    }
    FormulaStep(*net, Picture(), expected["rate"].get<double>());
    {
      torch::NoGradGuard no_grad;
      step = Distance(net->forward(Picture()).logits, expected["step_logits"]);
    }
    EXPECT_LE(eval, 1e-5) << suffix;
    EXPECT_LE(step, 1e-5) << suffix;
    std::cout << GetParam() << suffix << ": " << report.loaded.size()
              << " tensors, largest relative difference " << eval << " in eval mode, " << step
              << " after one step\n";
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, FullSizeWeightsTest,
                         testing::Values("resnet18", "resnet50", "mobilenet_v2"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace lookbook
