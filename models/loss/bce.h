// Multi-label binary cross-entropy on logits.
#pragma once

#include <torch/types.h>

namespace lookbook {

struct BceOptions {
  double smoothing = 0;  // y <- y(1 - e) + e/2, in [0, 1).
};

// L = sum(M * l) / max(1, sum M), l = y * softplus(-x) + (1 - y) * softplus(x); the mean over unmasked entries.
// logits, targets: float[B, C]; `mask`: undefined (all ones), [B, 1] or [B, C]. Computed in the logits' type;
// differentiable in `logits`; a batch that is masked whole gives 0 with a live graph.
torch::Tensor BceLoss(const torch::Tensor& logits, const torch::Tensor& targets,
                      const torch::Tensor& mask = {}, const BceOptions& options = {});

}  // namespace lookbook
