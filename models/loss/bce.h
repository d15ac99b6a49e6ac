// Multi-label binary cross-entropy on logits.
#pragma once

#include <torch/types.h>

namespace lookbook {

struct BceOptions {
  double smoothing = 0;         // y <- y(1 - e) + e/2, e in [0, 1).
  torch::Tensor pos_weight;     // w+: [C], or undefined (ones). See PosWeight().
  torch::Tensor class_weights;  // v: [C], or undefined (ones). See EffectiveNumberWeights().
};

// L = sum(M v_c l) / max(1, sum M),  l = w+_c y softplus(-x) + (1 - y) softplus(x): the mean over
// unmasked entries. logits, targets: float[B, C]; `mask`: undefined (all ones), [B, 1] or [B, C].
// Computed in the logits' type; differentiable in `logits`; a batch that is masked whole gives 0
// with a live graph. Throws c10::Error where shapes differ or smoothing is out of range.
torch::Tensor BceLoss(const torch::Tensor& logits, const torch::Tensor& targets,
                      const torch::Tensor& mask = {}, const BceOptions& options = {});

}  // namespace lookbook
