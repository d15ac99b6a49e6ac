// Gradients held to a length without waiting for the device they are on.
#pragma once

#include <torch/types.h>

#include <vector>

namespace lookbook {

// The Euclidean length of all gradients of `parameters` together, float32[] on their device, before
// they are scaled down to `most`; infinity only measures. As torch's clip_grad_norm_, but a few
// operations for all tensors and none that waits. Parameters without a gradient do not count; 0
// where there is none at all. REQUIRES: one device.
torch::Tensor ClipGradients(const std::vector<torch::Tensor>& parameters, double most);

}  // namespace lookbook
