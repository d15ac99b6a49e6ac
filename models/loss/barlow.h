// Barlow Twins: the cross-correlation of two views should be the identity.
#pragma once

#include <torch/types.h>

namespace lookbook {

struct BarlowOptions {
  double off_diagonal = 5e-3;
};

// sum_i (1 - C_ii)^2 + off_diagonal sum_{i != j} C_ij^2,  C = Z1' Z2 / B, columns standardised over
// the batch (biased variance, + 1e-5). view1, view2: float[B, D], B >= 2; differentiable in both.
// Throws c10::Error for unequal shapes or fewer than 2 rows.
// Zbontar et al. 2021, Barlow Twins, arXiv 2103.03230.
torch::Tensor BarlowLoss(const torch::Tensor& view1, const torch::Tensor& view2,
                         const BarlowOptions& options = {});

}  // namespace lookbook
