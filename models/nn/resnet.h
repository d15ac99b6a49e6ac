// ResNet-18 and ResNet-50 (He et al. 2015, arXiv 1512.03385) in torchvision's form, with the stride
// on the 3×3 convolution and torchvision's parameter names.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <array>
#include <vector>

#include "models/nn/conv_norm.h"
#include "models/nn/embedder_net.h"

namespace lookbook {

struct ResNetShape {
  bool bottleneck = true;  // Three convolutions a block, the last four times as wide; else two.
  std::array<int, 4> repeats = {3, 4, 6, 3};
};
inline constexpr ResNetShape kResNet18 = {false, {2, 2, 2, 2}};  // Feature of 512.
inline constexpr ResNetShape kResNet50 = {true, {3, 4, 6, 3}};   // Feature of 2048.

// Names: conv1, bn1, layer<1-4>.<i>…, fc. With 1000 classes 11,689,512 and 25,557,032 parameters.
// The last BatchNorm of each block starts at weight 0 (Goyal et al. 2017, arXiv 1706.02677,
// section 5.1).
class ResNetImpl : public EmbedderNetImpl {
 public:
  ResNetImpl(const NetworkSpec& spec, const ResNetShape& shape);

 protected:
  torch::Tensor Pooled(const torch::Tensor& images) override;

 private:
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr};
  std::vector<Chain> layers_;
};

}  // namespace lookbook
