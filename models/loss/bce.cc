#include "models/loss/bce.h"

#include <torch/torch.h>

namespace lookbook {

torch::Tensor BceLoss(const torch::Tensor& logits, const torch::Tensor& targets,
                      const torch::Tensor& mask, const BceOptions& options) {
  TORCH_CHECK(logits.dim() == 2 && logits.sizes() == targets.sizes(), "BceLoss: logits ",
              logits.sizes(), " and targets ", targets.sizes(), " must be the same [B, C]");
  torch::Tensor y = targets;
  if (options.smoothing > 0) y = targets * (1 - options.smoothing) + options.smoothing / 2;
  const torch::Tensor loss =
      torch::binary_cross_entropy_with_logits(logits, y, {}, {}, at::Reduction::None);
  if (!mask.defined()) return loss.mean();
  const torch::Tensor weight = mask.to(loss.scalar_type()).expand_as(loss);
  return (loss * weight).sum() / weight.sum().clamp_min(1);
}

}  // namespace lookbook
