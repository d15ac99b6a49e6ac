#include "models/loss/asl.h"

#include <torch/torch.h>

namespace lookbook {
namespace {

void Check(const torch::Tensor& logits, const torch::Tensor& targets, const AslOptions& options) {
  TORCH_CHECK(logits.dim() == 2 && logits.sizes() == targets.sizes(), "AslLoss: logits ",
              logits.sizes(), " and targets ", targets.sizes(), " must be the same [B, C]");
  // Between 0 and 1 the slope of the focal weight is infinite where the weight is 0.
  for (double gamma : {options.gamma_negative, options.gamma_positive}) {
    TORCH_CHECK(gamma == 0 || gamma >= 1, "AslLoss: gamma ", gamma, " is neither 0 nor at least 1");
  }
  TORCH_CHECK(options.clip >= 0 && options.clip < 1, "AslLoss: clip ", options.clip,
              " is not in [0, 1)");
}

// base^gamma.
torch::Tensor FocalWeight(const torch::Tensor& base, double gamma, bool detach) {
  if (gamma == 0) return torch::ones_like(base);
  return torch::pow(detach ? base.detach() : base, gamma);
}

// l of every entry: [B, C].
torch::Tensor Entries(const torch::Tensor& logits, const torch::Tensor& targets,
                      const AslOptions& options) {
  const torch::Tensor absent = torch::sigmoid(-logits);  // 1 - p
  const torch::Tensor clipped = (torch::sigmoid(logits) - options.clip).clamp_min(0);
  const torch::Tensor log_absent =
      options.clip > 0 ? (absent + options.clip).clamp_max(1).log() : torch::log_sigmoid(-logits);
  const torch::Tensor positive = FocalWeight(absent, options.gamma_positive, options.detach_focal) *
                                 torch::log_sigmoid(logits);
  const torch::Tensor negative =
      FocalWeight(clipped, options.gamma_negative, options.detach_focal) * log_absent;
  return -(targets * positive + (1 - targets) * negative);
}

}  // namespace

torch::Tensor AslLoss(const torch::Tensor& logits, const torch::Tensor& targets,
                      const torch::Tensor& mask, const AslOptions& options) {
  Check(logits, targets, options);
  torch::Tensor loss = Entries(logits, targets.to(logits.scalar_type()), options);
  torch::Tensor weight = torch::ones_like(loss);
  if (mask.defined()) weight = mask.to(loss.scalar_type()).expand_as(loss);
  const torch::Tensor count = options.reduction == AslReduction::kEntries
                                  ? weight.sum()
                                  : (weight > 0).any(1).sum().to(loss.scalar_type());
  return (loss * weight).sum() / count.clamp_min(1);
}

}  // namespace lookbook
