// The graph rewriting needs no device: the CPU runs the same 16-bit graph.
#include "engine/cuda/graph_precision.h"

#include <torch/script.h>
#include <torch/torch.h>

#include <string>
#include <vector>

#include "tests/engine/embed/script_models.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
constexpr ModelShape kShape = {.image_size = 32, .dim = 24, .classes = 6, .attributes = 4};

std::vector<at::Tensor> OutputsOf(const torch::jit::Module& module, const at::Tensor& images) {
  const c10::InferenceMode no_gradients;
  const torch::jit::GraphOptimizerEnabledGuard as_it_is(false);
  std::vector<at::Tensor> outputs;
  const at::IValue result = torch::jit::Module(module).forward({images});
  for (const at::IValue& value : result.toTupleRef().elements()) {
    outputs.push_back(value.toTensor());
  }
  return outputs;
}

std::string TextOf(const torch::jit::Module& module) {
  return module.get_method("forward").graph()->toString(/*print_source_locations=*/false);
}

double WorstCosine(const at::Tensor& a, const at::Tensor& b) {
  return torch::cosine_similarity(a, b, 1).min().item<double>();
}

class GraphPrecision : public ::testing::TestWithParam<at::ScalarType> {};

TEST_P(GraphPrecision, NetworksGiveNearlyTheSameInFloat32) {
  torch::manual_seed(3);
  for (const torch::jit::Module& network :
       {MakeSmallNetwork(kShape), MakeMobileNetV2(kShape.classes)}) {
    const at::Tensor images = torch::randn({3, 3, 32, 32});
    torch::jit::Module frozen = torch::jit::freeze(network);
    const std::vector<at::Tensor> wide = OutputsOf(frozen, images);
    torch::jit::Module low = torch::jit::freeze(network);
    ASSERT_THAT(LowerPrecision(&low, GetParam()), IsOk());
    const std::vector<at::Tensor> narrow = OutputsOf(low, images.to(GetParam()));
    ASSERT_EQ(narrow.size(), wide.size());
    for (size_t i = 0; i < wide.size(); ++i) {
      EXPECT_EQ(narrow[i].scalar_type(), at::kFloat) << "output " << i;
    }
    // Random weights make more of rounding than trained ones.
    const bool half = GetParam() == at::kHalf;
    EXPECT_GT(WorstCosine(narrow[0], wide[0]), half ? 0.999 : 0.99);
    EXPECT_LT((narrow[1] - wide[1]).abs().max().item<double>(), half ? 0.05 : 0.3);
    // It did compute in 16 bits.
    EXPECT_FALSE(torch::equal(narrow[0], wide[0]));
  }
}

INSTANTIATE_TEST_SUITE_P(Types, GraphPrecision, ::testing::Values(at::kBFloat16, at::kHalf));

torch::jit::Module Frozen(const std::string& body) {
  torch::manual_seed(1);
  return torch::jit::freeze(
      MakeScriptModule("def forward(self, x):\n" + body,
                       {{"w", torch::randn({4, 3, 3, 3})}, {"v", torch::randn({4, 4, 3, 3})}}));
}

// What a graph of 16 bits may be off by, relative to the largest value.
void ExpectSame(const std::string& body) {
  const at::Tensor images = torch::randn({2, 3, 12, 12});
  torch::jit::Module wide = Frozen(body), low = Frozen(body);
  ASSERT_THAT(LowerPrecision(&low, at::kBFloat16), IsOk());
  const at::Tensor a = OutputsOf(wide, images)[0], b = OutputsOf(low, images.to(at::kBFloat16))[0];
  EXPECT_EQ(b.scalar_type(), at::kFloat);
  EXPECT_LT((a - b).abs().max().item<double>(), 0.05 * a.abs().max().item<double>()) << body;
}

TEST(GraphPrecisionTest, SumsOfBothKindsKeepTheirValues) {
  // Both 16 bits; in place on 16 bits; 16 bits and float32, either way round.
  ExpectSame("  y = torch.conv2d(x, self.w)\n  return (y + torch.relu(y),)\n");
  ExpectSame("  return (x * 3.0,)\n");
  ExpectSame("  y = torch.conv2d(x, self.w)\n  z = torch.sigmoid(y)\n  y.add_(z)\n  return (y,)\n");
  ExpectSame("  y = torch.conv2d(x, self.w)\n  z = torch.sigmoid(y)\n  return (y + z,)\n");
  ExpectSame("  y = torch.conv2d(x, self.w)\n  z = torch.sigmoid(y)\n  return (z + y,)\n");
}

TEST(GraphPrecisionTest, AConvolutionAfterAFloat32OperationGoesBackTo16Bits) {
  const std::string body =
      "  y = torch.sigmoid(torch.conv2d(x, self.w))\n  return (torch.conv2d(y, self.v),)\n";
  ExpectSame(body);
  torch::jit::Module low = Frozen(body);
  ASSERT_THAT(LowerPrecision(&low, at::kBFloat16), IsOk());
  // Sigmoid's input, the second convolution's input and the result.
  const std::string text = TextOf(low);
  size_t casts = 0;
  for (size_t at = text.find("aten::to("); at != std::string::npos;
       at = text.find("aten::to(", at + 1)) {
    ++casts;
  }
  EXPECT_EQ(casts, 3u) << text;
}

TEST(GraphPrecisionTest, AGraphThatBranchesIsRefusedByName) {
  torch::jit::Module module = MakeScriptModule(
      "def forward(self, x):\n  if x.size(0) > 2:\n    x = x * 2.0\n  return (x, x)\n");
  torch::jit::Module frozen = torch::jit::freeze(module);
  EXPECT_THAT(LowerPrecision(&frozen, at::kHalf),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("prim::If")));
}

TEST(GraphPrecisionTest, ConstantsMove) {
  torch::jit::Module module = Frozen("  return (x + self.w,)\n");
  MoveConstants(&module, at::Device(at::kMeta));
  EXPECT_EQ(OutputsOf(module, torch::randn({4, 3, 3, 3}, at::kMeta))[0].device().type(), at::kMeta);
}

}  // namespace
}  // namespace lookbook
