// ResNet-50 (He et al. 2015, arXiv 1512.03385) in torchvision's form, with the stride on the 3×3 convolution and
// torchvision's parameter names: D = 2048.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <vector>

#include "models/nn/conv_norm.h"
#include "models/nn/embedder_net.h"

namespace lookbook {

// Names: conv1, bn1, layer<1-4>.<i>…, fc. 25,557,032 parameters with 1000 classes.
// The last BatchNorm of each block starts at weight 0 (Goyal et al. 2017, arXiv 1706.02677, section 5.1).
class ResNet50Impl : public EmbedderNetImpl {
 public:
  explicit ResNet50Impl(const NetworkSpec& spec);

 protected:
  torch::Tensor Pooled(const torch::Tensor& images) override;

 private:
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr};
  std::vector<Chain> layers_;
};

}  // namespace lookbook
