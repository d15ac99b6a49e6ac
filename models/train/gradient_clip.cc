#include "models/train/gradient_clip.h"

#include <torch/torch.h>

#include <cmath>

namespace lookbook {

torch::Tensor ClipGradients(const std::vector<torch::Tensor>& parameters, double most) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const torch::Tensor& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return torch::zeros({});
  const torch::Tensor norm = torch::stack(at::_foreach_norm(gradients)).norm(2);
  if (std::isinf(most)) return norm;
  at::_foreach_mul_(gradients, (most / (norm + 1e-6)).clamp_max(1.0));
  return norm;
}

}  // namespace lookbook
