#include "engine/embed/conv_net_graph.h"

#include <torch/torch.h>

#include "engine/embed/torchscript_model.h"
#include "tests/engine/embed/script_models.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr int kSide = 16;

// A module with convolutions w1 and w4 [8, 3, 3, 3], w2 [8, 8, 3, 3] and depthwise w3, and the
// given body.
torch::jit::Module Model(const std::string& body) {
  torch::manual_seed(3);
  return MakeScriptModule("def forward(self, x):\n" + body, {{"w1", torch::randn({8, 3, 3, 3}) / 3},
                                                             {"w2", torch::randn({8, 8, 3, 3}) / 6},
                                                             {"w3", torch::randn({8, 1, 3, 3})},
                                                             {"w4", torch::randn({8, 3, 3, 3}) / 3},
                                                             {"b", torch::randn({8})}});
}

std::string Conv(const std::string& to, const std::string& from, int weight, int groups = 1) {
  return absl::StrCat("  ", to, " = torch.conv2d(", from, ", self.w", weight,
                      ", self.b, [1, 1], [1, 1], [1, 1], ", groups, ")\n");
}

// What of a module a ConvNet took; 0: nothing. Both ways must give the same.
size_t StepsTaken(const torch::jit::Module& module) {
  torch::jit::Module frozen = torch::jit::freeze(module);
  const auto spec = TakeConvNet(&frozen, kSide);
  auto split = LoadSplitModule(SaveToBytes(module), kSide, {1, 3});
  EXPECT_THAT(split, IsOk());
  if (!split.ok()) return 0;
  for (const int n : {1, 3}) {
    const at::Tensor images = torch::randn({n, 3, kSide, kSide});
    at::Tensor input = images;
    if (split->convolutions != nullptr) {
      const ConvNet::Shape& shape = split->convolutions->shape();
      input = torch::empty({n, shape.channels, shape.height, shape.width});
      EXPECT_THAT(split->convolutions->Run(images.data_ptr<float>(), n, input.data_ptr<float>()),
                  IsOk());
    }
    torch::NoGradGuard no_gradients;
    const at::Tensor expected = torch::jit::Module(module).forward({images}).toTensor();
    const at::Tensor got = RunScriptModule(split->rest, input).toTensor();
    EXPECT_TRUE(torch::allclose(got, expected, 1e-4, 1e-4))
        << (got - expected).abs().max().item<float>();
  }
  return spec ? spec->steps.size() : 0;
}

TEST(ConvNetGraphTest, TakesConvolutionsActivationsSumsAndPooling) {
  const std::string body = Conv("x", "x", 1) + "  x = torch.relu6(x)\n" + Conv("y", "x", 3, 8) +
                           "  y = torch.relu(y)\n" + Conv("y", "y", 2) +
                           "  x = torch.relu(x + y)\n" +
                           "  x = torch.max_pool2d(x, [3, 3], [2, 2], [1, 1], [1, 1], False)\n" +
                           "  x = torch.hardtanh(x, -0.5, 0.25)\n" + Conv("x", "x", 2) +
                           "  x = torch.hardtanh(x, -0.5, 0.25)\n";
  EXPECT_EQ(StepsTaken(Model(body + "  return x.mean([2, 3])\n")), 4u)
      << "the bounds of a pooling, and what comes after them, are torch's";
}

TEST(ConvNetGraphTest, TheNetworksResultMayBeTheModels) {
  EXPECT_EQ(StepsTaken(Model(Conv("x", "x", 1) + "  return x\n")), 1u);
}

TEST(ConvNetGraphTest, TheRestBeginsWithWhatIsNotKnown) {
  EXPECT_EQ(StepsTaken(Model(Conv("x", "x", 1) + "  x = torch.sigmoid(x)\n" + Conv("x", "x", 2) +
                             "  return x\n")),
            1u);
}

TEST(ConvNetGraphTest, AValueThatIsReadTwiceKeepsItsOwnForm) {
  EXPECT_EQ(StepsTaken(Model(Conv("x", "x", 1) + "  y = torch.relu(x)\n  return x + y\n")), 1u);
}

TEST(ConvNetGraphTest, ASumThatWouldDestroyAValueIsTorchs) {
  const std::string begin = Conv("a", "x", 1) + Conv("b", "a", 2) + "  c = a + b\n";
  EXPECT_EQ(StepsTaken(Model(begin + "  return c * a\n")), 0u);
  EXPECT_EQ(StepsTaken(Model(Conv("a", "x", 1) + Conv("b", "a", 2) + Conv("d", "a", 2) +
                             "  c = a + b\n  e = c + d\n  return e\n")),
            0u);
  EXPECT_EQ(StepsTaken(Model(Conv("a", "x", 1) + Conv("b", "x", 4) + "  c = a + b\n" +
                             Conv("d", "a", 2) + "  return c + d\n")),
            0u)
      << "read after the sum";
  EXPECT_EQ(
      StepsTaken(Model(Conv("a", "x", 1) + Conv("b", "x", 4) + "  c = torch.relu(a + b)\n" +
                       Conv("d", "a", 2) + Conv("e", "c", 2) + "  return torch.relu(d + e)\n")),
      0u)
      << "read after the sum, by a convolution";
}

TEST(ConvNetGraphTest, WhatWorksInPlaceIsTakenOnlyWhereNobodySeesIt) {
  EXPECT_EQ(StepsTaken(Model(Conv("x", "x", 1) + "  torch.relu_(x)\n" + Conv("y", "x", 2) +
                             "  return torch.relu(y)\n")),
            0u)
      << "the convolution after it reads x, not what relu_ returned";
  EXPECT_EQ(StepsTaken(Model(Conv("x", "x", 1) + "  x = torch.relu_(x)\n" + Conv("y", "x", 2) +
                             "  y = torch.relu6(y)\n  return y\n")),
            2u);
  EXPECT_EQ(StepsTaken(Model(Conv("x", "x", 1) + Conv("y", "x", 2) + Conv("y", "y", 2) +
                             "  y = y.add_(x)\n  y = torch.hardtanh_(y, 0.0, 6.0)\n  return y\n")),
            3u);
}

TEST(ConvNetGraphTest, WhatAConvNetRefusesIsLeftToTorch) {
  EXPECT_EQ(StepsTaken(Model(Conv("a", "x", 1) +
                             "  b = torch.conv2d(x, self.w1, self.b, [99, 99], [1, 1], [1, 1], 1)\n"
                             "  return a + b\n")),
            2u)
      << "a sum with a single value is read as one of two pictures";
}

TEST(ConvNetGraphTest, APaddingByNameIsNotRead) {
  torch::jit::Module module = torch::jit::freeze(
      Model("  return torch.conv2d(x, self.w1, self.b, [1, 1], 'same', [1, 1], 1)\n"));
  EXPECT_FALSE(TakeConvNet(&module, kSide));
}

TEST(ConvNetGraphTest, AModelThatDoesNotBeginSoIsLeftAlone) {
  EXPECT_EQ(StepsTaken(Model("  x = x * 2\n" + Conv("x", "x", 1) + "  return x\n")), 0u);
  EXPECT_EQ(StepsTaken(Model("  return x.mean([2, 3])\n")), 0u);
  EXPECT_EQ(StepsTaken(Model(Conv("y", "x", 1) + "  return y.mean() + x\n")), 0u)
      << "the rest needs the images too";
  EXPECT_EQ(StepsTaken(Model("  x = torch.conv2d(x, self.w1, self.b, [1, 1], [1, 1], [1, 1], 1)\n"
                             "  if x.size(0) > 1:\n    x = x * 1\n  return x\n")),
            0u)
      << "a branch";
}

}  // namespace
}  // namespace lookbook
