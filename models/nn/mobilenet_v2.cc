#include "models/nn/mobilenet_v2.h"

#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>

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
      conv_->push_back(MakeConvNorm(
          {.in = in, .out = hidden, .kernel = 1, .activation = Activation::kRelu6}));
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

}  // namespace

MobileNetV2Impl::MobileNetV2Impl(const NetworkSpec& spec) : EmbedderNetImpl(kLastChannels) {
  features_->push_back(
      MakeConvNorm({.in = 3, .out = kStemChannels, .stride = 2, .activation = Activation::kRelu6}));
  int in = kStemChannels;
  for (const Group& group : kGroups) {
    for (int i = 0; i < group.repeats; ++i) {
      features_->push_back(
          InvertedResidual(in, group.channels, i == 0 ? group.stride : 1, group.expansion));
      in = group.channels;
    }
  }
  features_->push_back(MakeConvNorm(
      {.in = in, .out = kLastChannels, .kernel = 1, .activation = Activation::kRelu6}));
  register_module("features", features_);
  InitializeHe(*this);

  torch::nn::Linear head(kLastChannels, spec.classes);
  torch::nn::init::normal_(head->weight, 0, 0.01);
  torch::nn::init::zeros_(head->bias);
  classifier_->push_back(torch::nn::Dropout(0.2));
  classifier_->push_back(head);
  register_module("classifier", classifier_);
  UseClassHead(head);
  AddAttributeHead(spec.attributes);
}

torch::Tensor MobileNetV2Impl::Pooled(const torch::Tensor& images) {
  return features_->forward(images).mean({2, 3});
}

torch::Tensor MobileNetV2Impl::ClassLogits(const torch::Tensor& feature) {
  return classifier_->forward(feature);
}

}  // namespace lookbook
