#include "models/loss/mulsupcon.h"

#include <torch/torch.h>

#include "models/loss/log_contrast.h"

namespace lookbook {

CountedLoss MulSupConLoss(const torch::Tensor& embeddings, const torch::Tensor& targets,
                          const MulSupConOptions& options) {
  const torch::Tensor log_q = LogContrast(embeddings, options.temperature);
  TORCH_CHECK(targets.dim() == 2 && targets.size(0) == log_q.size(0), "MulSupConLoss: targets ",
              targets.sizes(), " for ", log_q.size(0), " rows");
  const torch::Tensor y = targets.to(log_q.scalar_type());
  const torch::Tensor others =
      y.sum(0, /*keepdim=*/true) - y;                    // [i, c]: images but i with label c.
  const torch::Tensor counted = (y > 0) & (others > 0);  // [B, C]
  const torch::Tensor terms = -log_q.mm(y) / others.clamp_min(1);
  if (options.reduction == MulSupConReduction::kTerms) return MeanOver(terms, counted);
  const torch::Tensor labels = counted.sum(1);
  const torch::Tensor anchors =
      terms.masked_fill(counted.logical_not(), 0).sum(1) / labels.clamp_min(1);
  return MeanOver(anchors, labels > 0);
}

}  // namespace lookbook
