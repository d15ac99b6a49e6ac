#include "models/loss/bce.h"

#include <torch/torch.h>

namespace lookbook {
namespace {

// Undefined stays undefined, which torch takes as ones.
torch::Tensor PerClass(const torch::Tensor& weights, const torch::Tensor& logits,
                       const char* name) {
  if (!weights.defined()) return {};
  TORCH_CHECK(weights.dim() == 1 && weights.size(0) == logits.size(1), "BceLoss: ", name, " ",
              weights.sizes(), " for ", logits.size(1), " classes");
  return weights.to(logits.options());
}

}  // namespace

torch::Tensor BceLoss(const torch::Tensor& logits, const torch::Tensor& targets,
                      const torch::Tensor& mask, const BceOptions& options) {
  TORCH_CHECK(logits.dim() == 2 && logits.sizes() == targets.sizes(), "BceLoss: logits ",
              logits.sizes(), " and targets ", targets.sizes(), " must be the same [B, C]");
  TORCH_CHECK(options.smoothing >= 0 && options.smoothing < 1, "BceLoss: smoothing ",
              options.smoothing, " is not in [0, 1)");
  torch::Tensor y = targets.to(logits.scalar_type());
  if (options.smoothing > 0) y = y * (1 - options.smoothing) + options.smoothing / 2;
  const torch::Tensor loss = torch::binary_cross_entropy_with_logits(
      logits, y, PerClass(options.class_weights, logits, "class_weights"),
      PerClass(options.pos_weight, logits, "pos_weight"), at::Reduction::None);
  if (!mask.defined()) return loss.mean();
  const torch::Tensor weight = mask.to(loss.scalar_type()).expand_as(loss);
  return (loss * weight).sum() / weight.sum().clamp_min(1);
}

}  // namespace lookbook
