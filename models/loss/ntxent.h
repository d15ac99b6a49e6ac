// Contrastive losses between two views of each image.
#pragma once

#include <torch/types.h>

namespace lookbook {

struct NtXentOptions {
  double temperature = 0.2;  // Above 0.
  // DCL: the positive is left out of the denominator; better at small batches (B <= 128).
  bool decoupled = false;
};

// Over the 2B views, the mean of -s_pos / tau + log sum_k exp(s_k / tau): k runs over the other
// 2B - 1 views, without the positive where decoupled. view1, view2: float[B, D], row i of both from
// image i, B >= 2; normalised inside; differentiable in both. A constant map has log(2B - 1), or
// log(2B - 2) where decoupled. Throws c10::Error for unequal shapes or fewer than 2 rows.
// Chen et al. 2020, SimCLR, arXiv 2002.05709; Yeh et al. 2022, Decoupled Contrastive Learning,
// arXiv 2110.06848.
torch::Tensor NtXentLoss(const torch::Tensor& view1, const torch::Tensor& view2,
                         const NtXentOptions& options = {});

}  // namespace lookbook
