// uint8 pixels -> a model's input, by tensor operations: one pass over the pixels on a device.
#pragma once

#include <ATen/core/Tensor.h>

#include "engine/embed/pixel_scale.h"

namespace lookbook {

// Immutable. Thread-safe.
class PixelInput {
 public:
  // `type`: what Make() returns. 16-bit inputs are laid out channels_last, like the pixels.
  PixelInput(const PixelScale& scale, at::Device device, at::ScalarType type);

  // uint8 [n, H, W, 3] on the device -> [n, 3, H, W]. Throws what torch throws.
  at::Tensor Make(const at::Tensor& pixels) const;

 private:
  const at::ScalarType type_;
  const at::Tensor factor_, offset_;  // float32[1, 3, 1, 1]: pixel * factor + offset.
};

}  // namespace lookbook
