// A frozen TorchScript graph in 16 bits where that costs no accuracy that anybody sees, and on a
// device. Nothing here is CUDA's own: the same graph runs on the CPU, which is how it is tested.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include "absl/status/status.h"

namespace lookbook {

// Rewrites forward() of `module`, frozen by torch::jit::freeze() and not yet run. Convolutions and
// what stands between them (activations, residual sums, pooling, batch norms over images) compute
// in `type`, float16 or bfloat16; every other operation gets float32, whatever it gets it from, so
// that linear layers, BN-neck, norms and sigmoid are float32, and so are the outputs. Weights of
// convolutions are converted once, and laid out channels_last. From then on forward() takes images
// of `type`.
//
// Unimplemented: the graph branches or loops. Throws what torch throws.
absl::Status LowerPrecision(torch::jit::Module* module, at::ScalarType type);

// Moves every tensor constant of forward() to `device`.
void MoveConstants(torch::jit::Module* module, at::Device device);

}  // namespace lookbook
