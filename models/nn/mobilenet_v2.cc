#include "models/nn/mobilenet_v2.h"

#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>

#include <algorithm>
#include <array>

namespace lookbook {
namespace {

constexpr int kStemChannels = 32;
constexpr int kLastChannels = 1280;

// Table 2 of the paper: expansion, output channels, repeats, stride of the first.
struct Group {
  int expansion;
  int channels;
  int repeats;
  int stride;
};
constexpr std::array<Group, 7> kGroups = {{{1, 16, 1, 1},
                                           {6, 24, 2, 2},
                                           {6, 32, 3, 2},
                                           {6, 64, 4, 2},
                                           {6, 96, 3, 1},
                                           {6, 160, 3, 2},
                                           {6, 320, 1, 1}}};

// torchvision's InvertedResidual: one child, "conv".
class InvertedResidualImpl : public torch::nn::Module {
 public:
  InvertedResidualImpl(int in, int out, int stride, int expansion)
      : adds_input_(stride == 1 && in == out) {
    const int hidden = in * expansion;
    if (expansion != 1) {
      conv_->push_back(
          MakeConvNorm({.in = in, .out = hidden, .kernel = 1, .activation = Activation::kRelu6}));
    }
    conv_->push_back(MakeConvNorm({.in = hidden,
                                   .out = hidden,
                                   .stride = stride,
                                   .groups = hidden,
                                   .activation = Activation::kRelu6}));
    conv_->push_back(MakeConv({.in = hidden, .out = out, .kernel = 1}));
    conv_->push_back(torch::nn::BatchNorm2d(out));
    register_module("conv", conv_);
  }

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = conv_->forward(x);
    return adds_input_ ? x + y : y;
  }

 private:
  const bool adds_input_;
  Chain conv_;
};
TORCH_MODULE(InvertedResidual);

int LastChannels(double width) { return DivisibleChannels(kLastChannels * std::max(1.0, width)); }

}  // namespace

int DivisibleChannels(double channels) {
  const int nearest = std::max(8, static_cast<int>(channels + 4) / 8 * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

// The blocks part where the resolution falls.
MobileNetV2Impl::MobileNetV2Impl(const NetworkSpec& spec)
    : EmbedderNetImpl(LastChannels(spec.width),
                      {{"stem", Numbered("features", 0, 1)},
                       {"features.2-3", Numbered("features", 2, 3)},
                       {"features.4-6", Numbered("features", 4, 6)},
                       {"features.7-13", Numbered("features", 7, 13)},
                       {"features.14-18", Numbered("features", 14, 18)}}) {
  int in = DivisibleChannels(kStemChannels * spec.width);
  features_->push_back(
      MakeConvNorm({.in = 3, .out = in, .stride = 2, .activation = Activation::kRelu6}));
  for (const Group& group : kGroups) {
    const int channels = DivisibleChannels(group.channels * spec.width);
    for (int i = 0; i < group.repeats; ++i) {
      features_->push_back(
          InvertedResidual(in, channels, i == 0 ? group.stride : 1, group.expansion));
      in = channels;
    }
  }
  features_->push_back(MakeConvNorm(
      {.in = in, .out = feature_dim(), .kernel = 1, .activation = Activation::kRelu6}));
  register_module("features", features_);
  InitializeHe(*this);

  torch::nn::Linear last{nullptr};
  Chain classifier{nullptr};
  if (const int outputs = ClassifierOutputs(spec); outputs > 0) {
    last = torch::nn::Linear(feature_dim(), outputs);
    torch::nn::init::normal_(last->weight, 0, 0.01);
    torch::nn::init::zeros_(last->bias);
    classifier = register_module("classifier", Chain(torch::nn::Dropout(0.2), last));
  }
  AddHeads(spec, last, classifier);
}

torch::Tensor MobileNetV2Impl::Pooled(const torch::Tensor& images) {
  return MeanOverPixels(features_->forward(images));
}

}  // namespace lookbook
