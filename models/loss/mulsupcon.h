// MulSupCon: supervised contrastive learning with one term for each label of each image.
#pragma once

#include <torch/types.h>

#include "models/loss/counted_loss.h"

namespace lookbook {

enum class MulSupConReduction {
  kTerms,    // The mean over all terms.
  kAnchors,  // The mean over each anchor's terms, then over the anchors that have one.
};

struct MulSupConOptions {
  MulSupConReduction reduction = MulSupConReduction::kTerms;
  double temperature = 0.1;  // Above 0.
};

// One term for each anchor i and label c of i: -mean_j log q_ij over {j != i : y_jc = 1}, q as in
// SupConLoss. A label that no other image of the batch has gives no term. `terms` counts the terms,
// or the anchors. embeddings: float[B, D], normalised inside; targets: 0/1 [B, C].
// Zhang and Wu 2024, Multi-Label Supervised Contrastive Learning, arXiv 2402.01613.
CountedLoss MulSupConLoss(const torch::Tensor& embeddings, const torch::Tensor& targets,
                          const MulSupConOptions& options = {});

}  // namespace lookbook
