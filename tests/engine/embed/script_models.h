// TorchScript models made in the test itself: no file, no exporter.
#pragma once

#include <torch/script.h>
#include <torch/torch.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/embed/embedder.h"

namespace lookbook {

// The bytes of `module` as torch.jit.save writes them.
inline std::string SaveToBytes(const torch::jit::Module& module) {
  std::ostringstream stream;
  module.save(stream);
  return stream.str();
}

// A module whose forward is `source`, with `tensors` as its attributes.
inline torch::jit::Module MakeScriptModule(
    const std::string& source,
    const std::vector<std::pair<std::string, at::Tensor>>& tensors = {}) {
  torch::jit::Module module("Model");
  for (const auto& [name, tensor] : tensors)
    module.register_parameter(name, tensor, /*is_buffer=*/false);
  module.define(source);
  module.eval();
  return module;
}

// Appends convolution + batch norm + activation to the body of a forward(), with seeded random
// weights.
class NetworkText {
 public:
  explicit NetworkText(uint64_t seed) { torch::manual_seed(seed); }

  struct Conv {
    int in = 3;
    int out = 8;
    int kernel = 3;
    int stride = 1;
    int groups = 1;
    bool activation = true;
  };
  void AddConv(const Conv& conv) {
    const std::string id = absl::StrCat(count_++);
    const int fan_in = conv.in / conv.groups * conv.kernel * conv.kernel;
    Add("w" + id, torch::randn({conv.out, conv.in / conv.groups, conv.kernel, conv.kernel}) *
                      std::sqrt(2.0 / fan_in));
    Add("g" + id, torch::rand({conv.out}) * 0.5 + 0.75);
    Add("b" + id, torch::randn({conv.out}) * 0.1);
    Add("m" + id, torch::randn({conv.out}) * 0.1);
    Add("v" + id, torch::rand({conv.out}) + 0.5);
    const int pad = conv.kernel / 2;
    absl::StrAppend(&body_, "  x = torch.conv2d(x, self.w", id, ", None, [", conv.stride, ",",
                    conv.stride, "], [", pad, ",", pad, "], [1,1], ", conv.groups, ")\n",
                    "  x = torch.batch_norm(x, self.g", id, ", self.b", id, ", self.m", id,
                    ", self.v", id, ", False, 0.1, 1e-5, True)\n");
    if (conv.activation) absl::StrAppend(&body_, "  x = torch.hardtanh(x, 0.0, 6.0)\n");
  }

  // MobileNetV2's inverted residual.
  void AddInvertedResidual(int in, int out, int stride, int expand) {
    const bool residual = stride == 1 && in == out;
    const int hidden = in * expand;
    if (residual) absl::StrAppend(&body_, "  y = x\n");
    if (expand != 1) AddConv({.in = in, .out = hidden, .kernel = 1});
    AddConv({.in = hidden, .out = hidden, .stride = stride, .groups = hidden});
    AddConv({.in = hidden, .out = out, .kernel = 1, .activation = false});
    if (residual) absl::StrAppend(&body_, "  x = x + y\n");
  }

  // Pools to `features`, normalises them as the embedding and puts sigmoid heads on them.
  torch::jit::Module Finish(int features, int classes, int attributes) {
    Add("head", torch::randn({classes, features}) * 0.3);
    std::string result = "(x / n, torch.sigmoid(torch.matmul(x, self.head.t()))";
    if (attributes > 0) {
      Add("attributes", torch::randn({attributes, features}) * 0.3);
      absl::StrAppend(&result, ", torch.sigmoid(torch.matmul(x, self.attributes.t()))");
    }
    absl::StrAppend(
        &body_, "  x = torch.mean(x, [2, 3])\n  n = torch.norm(x, 2, [1], True).clamp_min(1e-12)\n",
        "  return ", result, ")\n");
    return MakeScriptModule("def forward(self, x):\n" + body_, tensors_);
  }

 private:
  void Add(const std::string& name, const at::Tensor& tensor) {
    tensors_.emplace_back(name, tensor);
  }

  std::string body_;
  std::vector<std::pair<std::string, at::Tensor>> tensors_;
  int count_ = 0;
};

// Three convolutions with batch norm and a depthwise one: small, but with everything that freezing
// folds.
inline torch::jit::Module MakeSmallNetwork(const ModelShape& shape) {
  NetworkText text(7);
  text.AddConv({.in = 3, .out = 8, .stride = 2});
  text.AddInvertedResidual(8, 8, 1, 2);
  text.AddConv({.in = 8, .out = shape.dim, .kernel = 1});
  return text.Finish(shape.dim, shape.classes, shape.attributes);
}

// The layers of MobileNetV2 with random weights.
inline torch::jit::Module MakeMobileNetV2(int classes) {
  NetworkText text(7);
  text.AddConv({.in = 3, .out = 32, .stride = 2});
  int in = 32;
  constexpr int kStages[][4] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  for (const auto& [expand, out, repeats, stride] : kStages) {
    for (int i = 0; i < repeats; ++i) {
      text.AddInvertedResidual(in, out, i == 0 ? stride : 1, expand);
      in = out;
    }
  }
  text.AddConv({.in = in, .out = 1280, .kernel = 1});
  return text.Finish(1280, classes, 0);
}

}  // namespace lookbook
