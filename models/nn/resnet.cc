#include "models/nn/resnet.h"

#include <torch/nn/init.h>

#include <string>

namespace lookbook {
namespace {

constexpr std::array<int, 4> kWidths = {64, 128, 256, 512};

// Output channels of a block of width `width`.
int Expanded(const ResNetShape& shape, int width) { return width * (shape.bottleneck ? 4 : 1); }

// What torchvision's two blocks share: a residual branch and a projection of the input where the
// shape changes.
class ResidualBlockImpl : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;
  virtual void ZeroLastNorm() = 0;

 protected:
  void AddShortcut(int in, int out, int stride) {
    if (stride == 1 && in == out) return;
    downsample_ = register_module("downsample", MakeConvNorm({.in = in,
                                                              .out = out,
                                                              .kernel = 1,
                                                              .stride = stride,
                                                              .activation = Activation::kNone}));
  }
  torch::Tensor Shortcut(const torch::Tensor& x) {
    return downsample_ ? downsample_->forward(x) : x;
  }

 private:
  Chain downsample_{nullptr};
};

// torchvision's BasicBlock: 3×3 (stride here), 3×3.
class BasicBlockImpl : public ResidualBlockImpl {
 public:
  BasicBlockImpl(int in, int width, int stride) {
    conv1_ = register_module("conv1", MakeConv({.in = in, .out = width, .stride = stride}));
    bn1_ = register_module("bn1", torch::nn::BatchNorm2d(width));
    conv2_ = register_module("conv2", MakeConv({.in = width, .out = width}));
    bn2_ = register_module("bn2", torch::nn::BatchNorm2d(width));
    AddShortcut(in, width, stride);
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    torch::Tensor y = torch::relu(bn1_->forward(conv1_->forward(x)));
    y = bn2_->forward(conv2_->forward(y));
    return torch::relu(y + Shortcut(x));
  }

  void ZeroLastNorm() override { torch::nn::init::zeros_(bn2_->weight); }

 private:
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
};
TORCH_MODULE(BasicBlock);

// torchvision's Bottleneck: 1×1, 3×3 (stride here), 1×1.
class BottleneckImpl : public ResidualBlockImpl {
 public:
  BottleneckImpl(int in, int width, int stride) {
    const int out = Expanded(kResNet50, width);
    conv1_ = register_module("conv1", MakeConv({.in = in, .out = width, .kernel = 1}));
    bn1_ = register_module("bn1", torch::nn::BatchNorm2d(width));
    conv2_ = register_module("conv2", MakeConv({.in = width, .out = width, .stride = stride}));
    bn2_ = register_module("bn2", torch::nn::BatchNorm2d(width));
    conv3_ = register_module("conv3", MakeConv({.in = width, .out = out, .kernel = 1}));
    bn3_ = register_module("bn3", torch::nn::BatchNorm2d(out));
    AddShortcut(in, out, stride);
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    torch::Tensor y = torch::relu(bn1_->forward(conv1_->forward(x)));
    y = torch::relu(bn2_->forward(conv2_->forward(y)));
    y = bn3_->forward(conv3_->forward(y));
    return torch::relu(y + Shortcut(x));
  }

  void ZeroLastNorm() override { torch::nn::init::zeros_(bn3_->weight); }

 private:
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr}, bn3_{nullptr};
};
TORCH_MODULE(Bottleneck);

Chain MakeLayer(const ResNetShape& shape, int* in, int width, int repeats, int stride) {
  Chain layer;
  for (int i = 0; i < repeats; ++i) {
    const int block_stride = i == 0 ? stride : 1;
    if (shape.bottleneck) {
      layer->push_back(Bottleneck(*in, width, block_stride));
    } else {
      layer->push_back(BasicBlock(*in, width, block_stride));
    }
    *in = Expanded(shape, width);
  }
  return layer;
}

}  // namespace

ResNetImpl::ResNetImpl(const NetworkSpec& spec, const ResNetShape& shape)
    : EmbedderNetImpl(Expanded(shape, kWidths.back()), {{"stem", {"conv1", "bn1"}},
                                                        {"layer1", {"layer1"}},
                                                        {"layer2", {"layer2"}},
                                                        {"layer3", {"layer3"}},
                                                        {"layer4", {"layer4"}}}) {
  int in = 64;
  conv1_ = register_module("conv1", MakeConv({.in = 3, .out = in, .kernel = 7, .stride = 2}));
  bn1_ = register_module("bn1", torch::nn::BatchNorm2d(in));
  for (size_t i = 0; i < kWidths.size(); ++i) {
    Chain layer = MakeLayer(shape, &in, kWidths[i], shape.repeats[i], i == 0 ? 1 : 2);
    layers_.push_back(register_module("layer" + std::to_string(i + 1), layer));
  }
  InitializeHe(*this);
  for (const auto& child : modules(/*include_self=*/false)) {
    if (auto* block = dynamic_cast<ResidualBlockImpl*>(child.get())) block->ZeroLastNorm();
  }
  torch::nn::Linear fc{nullptr};
  if (const int outputs = ClassifierOutputs(spec); outputs > 0) {
    fc = register_module("fc", torch::nn::Linear(feature_dim(), outputs));
  }
  AddHeads(spec, fc);
}

torch::Tensor ResNetImpl::Pooled(const torch::Tensor& images) {
  torch::Tensor x = torch::relu(bn1_->forward(conv1_->forward(images)));
  x = torch::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (Chain& layer : layers_) x = layer->forward(x);
  return MeanOverPixels(x);
}

}  // namespace lookbook
