// BYOL's regression of a slowly moving target.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace lookbook {

// mean_i (2 - 2 cos(prediction_i, target_i)). prediction, target: float[B, D]; differentiable in
// `prediction` only, `target` is a constant. One direction: add the loss of the swapped views.
// Throws c10::Error for unequal shapes.
// Grill et al. 2020, Bootstrap Your Own Latent, arXiv 2006.07733.
torch::Tensor ByolLoss(const torch::Tensor& prediction, const torch::Tensor& target);

// The target network's momentum after `step` of `steps`: 1 - (1 - base) (cos(pi step / steps) + 1)
// / 2, from `base` to 1 (the same paper, section 3.2).
double ByolMomentum(int64_t step, int64_t steps, double base = 0.99);

}  // namespace lookbook
