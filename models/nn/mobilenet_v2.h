// MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) with torchvision's parameter names.
#pragma once

#include "models/nn/conv_norm.h"
#include "models/nn/embedder_net.h"

namespace lookbook {

// torchvision's _make_divisible: the multiple of 8 nearest to `channels`, at least 8, one step up
// where that takes away more than a tenth.
int DivisibleChannels(double channels);

// Names: features.<i>…, classifier.1 (classifier.0 is the dropout). With width 1 a feature of 1280
// and, with 1000 classes, 3,504,872 parameters. Every channel count is multiplied by the width, the
// feature only where the width is over 1.
class MobileNetV2Impl : public EmbedderNetImpl {
 public:
  explicit MobileNetV2Impl(const NetworkSpec& spec);

 protected:
  torch::Tensor Pooled(const torch::Tensor& images) override;

 private:
  Chain features_;
};

}  // namespace lookbook
