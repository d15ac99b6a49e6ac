#include "models/nn/resnet.h"

#include <torch/nn/init.h>

#include <array>
#include <string>

namespace lookbook {
namespace {

constexpr int kExpansion = 4;
constexpr std::array<int, 4> kRepeats = {3, 4, 6, 3};
constexpr std::array<int, 4> kWidths = {64, 128, 256, 512};

// torchvision's Bottleneck: 1×1, 3×3 (stride here), 1×1, and a projection where the shape changes.
class BottleneckImpl : public torch::nn::Module {
 public:
  BottleneckImpl(int in, int width, int stride) {
    const int out = width * kExpansion;
    conv1_ = register_module("conv1", MakeConv({.in = in, .out = width, .kernel = 1}));
    bn1_ = register_module("bn1", torch::nn::BatchNorm2d(width));
    conv2_ = register_module("conv2", MakeConv({.in = width, .out = width, .stride = stride}));
    bn2_ = register_module("bn2", torch::nn::BatchNorm2d(width));
    conv3_ = register_module("conv3", MakeConv({.in = width, .out = out, .kernel = 1}));
    bn3_ = register_module("bn3", torch::nn::BatchNorm2d(out));
    if (stride != 1 || in != out) {
      downsample_ = register_module(
          "downsample", MakeConvNorm({.in = in,
                                      .out = out,
                                      .kernel = 1,
                                      .stride = stride,
                                      .activation = Activation::kNone}));
    }
  }

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = torch::relu(bn1_->forward(conv1_->forward(x)));
    y = torch::relu(bn2_->forward(conv2_->forward(y)));
    y = bn3_->forward(conv3_->forward(y));
    return torch::relu(y + (downsample_ ? downsample_->forward(x) : x));
  }

  void ZeroLastNorm() { torch::nn::init::zeros_(bn3_->weight); }

 private:
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr}, bn3_{nullptr};
  Chain downsample_{nullptr};
};
TORCH_MODULE(Bottleneck);

Chain MakeLayer(int* in, int width, int repeats, int stride) {
  Chain layer;
  for (int i = 0; i < repeats; ++i) {
    layer->push_back(Bottleneck(*in, width, i == 0 ? stride : 1));
    *in = width * kExpansion;
  }
  return layer;
}

}  // namespace

ResNet50Impl::ResNet50Impl(const NetworkSpec& spec)
    : EmbedderNetImpl(kWidths.back() * kExpansion) {
  int in = 64;
  conv1_ = register_module("conv1", MakeConv({.in = 3, .out = in, .kernel = 7, .stride = 2}));
  bn1_ = register_module("bn1", torch::nn::BatchNorm2d(in));
  for (size_t i = 0; i < kWidths.size(); ++i) {
    Chain layer = MakeLayer(&in, kWidths[i], kRepeats[i], i == 0 ? 1 : 2);
    layers_.push_back(register_module("layer" + std::to_string(i + 1), layer));
  }
  InitializeHe(*this);
  for (const auto& child : modules(/*include_self=*/false)) {
    if (auto* block = child->as<Bottleneck>()) block->ZeroLastNorm();
  }
  UseClassHead(register_module("fc", torch::nn::Linear(dim(), spec.classes)));
  AddAttributeHead(spec.attributes);
}

torch::Tensor ResNet50Impl::Pooled(const torch::Tensor& images) {
  torch::Tensor x = torch::relu(bn1_->forward(conv1_->forward(images)));
  x = torch::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (Chain& layer : layers_) x = layer->forward(x);
  return x.mean({2, 3});
}

}  // namespace lookbook
