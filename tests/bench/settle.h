// Statistics for batch norms, as training would give them: without them the activations of 50 layers with random
// weights leave what float16 can hold.
#pragma once

#include <torch/torch.h>

#include "models/nn/embedder_net.h"

namespace lookbook {

inline void Settle(EmbedderNet& net) {
  const torch::NoGradGuard no_gradients;
  net->train();
  for (int i = 0; i < 30; ++i) net->forward(torch::randn({8, 3, 64, 64}));
  net->eval();
}

}  // namespace lookbook
