// The step of Adam and AdamW as one kernel for many parameters.
#pragma once

#include <torch/optim/optimizer.h>
#include <torch/types.h>

namespace lookbook {

// Whether `optimizer` is one that FusedAdamStep can step.
bool IsAdam(const torch::optim::Optimizer& optimizer);

// What optimizer.step() does, up to rounding, on the same state: the two may take turns, and
// checkpoints do not tell them apart. torch's own starts about ten kernels a parameter, which on a
// GPU takes longer than the arithmetic.
//
// `skip`: float32[] on the parameters' device. Where it is 1 no parameter and no moment changes
// (the count of steps does): how a step that must not happen is not taken without waiting to know.
// REQUIRES: IsAdam(optimizer), float32 parameters of one device, no amsgrad.
void FusedAdamStep(torch::optim::Optimizer& optimizer, const torch::Tensor& skip);

}  // namespace lookbook
