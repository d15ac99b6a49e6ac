// The quick network: seven Conv-BN-ReLU blocks for 64×64 pictures, D = 192, 25 million
// multiply-adds.
#pragma once

#include "models/nn/conv_norm.h"
#include "models/nn/embedder_net.h"

namespace lookbook {

// Strides 2, 2, 1, 2, 1, 2, 1; channels 24 to 192. Names: features.<i>.<0 conv | 1 norm>,
// classifier.
class SmallCnnImpl : public EmbedderNetImpl {
 public:
  explicit SmallCnnImpl(const NetworkSpec& spec);

 protected:
  torch::Tensor Pooled(const torch::Tensor& images) override;

 private:
  Chain features_;
};

}  // namespace lookbook
