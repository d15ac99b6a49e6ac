// Asymmetric loss for multi-label classification.
#pragma once

#include <torch/types.h>

namespace lookbook {

enum class AslReduction {
  kRows,     // Sum over entries, divided by the rows that have an unmasked entry.
  kEntries,  // Mean over unmasked entries, as BceLoss does.
};

struct AslOptions {
  double gamma_negative = 4;  // 0, or at least 1.
  double gamma_positive = 1;  // 0, or at least 1.
  double clip = 0.05;         // m: negatives below this probability count nothing. In [0, 1).
  // The focal weight is a constant for the gradient, as in the authors' AsymmetricLoss.
  bool detach_focal = true;
  AslReduction reduction = AslReduction::kRows;
};

// l = -[y (1 - p)^g+ log p + (1 - y) p_m^g- log(1 - p_m)],  p = sigmoid(x), p_m = max(p - m, 0).
// logits: float[B, C]; targets: 0/1 [B, C]; `mask`: undefined (all ones), [B, 1] or [B, C].
// Differentiable in `logits`; a batch that is masked whole gives 0 with a live graph.
// g- = g+ = m = 0 is BCE. Throws c10::Error where shapes differ or an option is out of range.
// Ridnik et al. 2021, Asymmetric Loss For Multi-Label Classification, arXiv 2009.14119.
torch::Tensor AslLoss(const torch::Tensor& logits, const torch::Tensor& targets,
                      const torch::Tensor& mask = {}, const AslOptions& options = {});

}  // namespace lookbook
