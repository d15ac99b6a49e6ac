#include "models/train/network_health.h"

#include <torch/utils.h>

#include <cstdint>

namespace lookbook {

double DeadNormShare(const torch::nn::Module& net) {
  const torch::NoGradGuard no_grad;
  int64_t channels = 0, dead = 0;
  for (const auto& module : net.modules(/*include_self=*/false)) {
    // Any number of dimensions: what has running statistics is a BatchNorm.
    if (module->named_buffers(/*recurse=*/false).find("running_var") == nullptr) continue;
    const auto parameters = module->named_parameters(/*recurse=*/false);
    const torch::Tensor* weight = parameters.find("weight");
    if (weight == nullptr) continue;
    channels += weight->numel();
    dead += (weight->abs() < kDeadNormWeight).sum().item<int64_t>();
  }
  return channels == 0 ? 0 : static_cast<double>(dead) / static_cast<double>(channels);
}

double MeanFeatureNorm(const torch::Tensor& feature) {
  const torch::NoGradGuard no_grad;
  TORCH_CHECK(feature.dim() == 2 && feature.size(0) > 0, "feature norm: expected [B, D], got ",
              feature.sizes());
  return feature.to(torch::kFloat64).norm(2, /*dim=*/1).mean().item<double>();
}

}  // namespace lookbook
