// A tensor of the CPU on the device that computes.
#pragma once

#include <torch/types.h>

namespace lookbook {

// To a GPU through pinned memory, so that nobody waits: work that is queued afterwards sees the
// values. On the CPU it is `tensor` itself. REQUIRES: `tensor` is defined and on the CPU.
inline torch::Tensor CopyTo(const torch::Tensor& tensor, torch::Device device) {
  if (device.is_cpu()) return tensor;
  if (tensor.numel() == 0) return tensor.to(device);
  return tensor.pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace lookbook
