// MobileNetV2, width 1.0 (Sandler et al. 2018, arXiv 1801.04381), with torchvision's parameter names: D = 1280.
#pragma once

#include "models/nn/conv_norm.h"
#include "models/nn/embedder_net.h"

namespace lookbook {

// Names: features.<i>…, classifier.1 (classifier.0 is the dropout). 3,504,872 parameters with 1000 classes.
class MobileNetV2Impl : public EmbedderNetImpl {
 public:
  explicit MobileNetV2Impl(const NetworkSpec& spec);

 protected:
  torch::Tensor Pooled(const torch::Tensor& images) override;
  torch::Tensor ClassLogits(const torch::Tensor& feature) override;

 private:
  Chain features_;
  Chain classifier_;
};

}  // namespace lookbook
