// Finds the convolutions at the beginning of a TorchScript graph.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <optional>

#include "engine/embed/conv_net.h"

namespace lookbook {

// The part of `module`'s forward() that begins at its images and that a ConvNet can do:
// convolutions, ReLU and ReLU6, sums of two values, max pooling. `module` then takes that part's
// result (float32[n, channels, height, width]) in place of the images. REQUIRES: `module` is frozen
// and was never run. Nothing, and `module` is as it was, where forward() does not begin so, or
// where the rest needs more than one value of it.
std::optional<ConvNetSpec> TakeConvNet(torch::jit::Module* module, int64_t image_size);

}  // namespace lookbook
