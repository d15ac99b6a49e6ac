#include "models/train/objective.h"

#include "models/loss/bce.h"

namespace lookbook {

torch::Tensor Objective(const NetworkOutput& output, const Batch& batch,
                        const std::vector<LossRecipe>& losses) {
  torch::Tensor sum = torch::zeros({});
  for (const LossRecipe& loss : losses) {
    TORCH_CHECK(loss.name == "bce", "unknown loss ", loss.name);
    const BceOptions options = {.smoothing = loss.smoothing};
    torch::Tensor term = BceLoss(output.logits, batch.targets, {}, options);
    if (output.attribute_logits.defined() && loss.attribute_weight > 0) {
      term =
          term + loss.attribute_weight * BceLoss(output.attribute_logits, batch.attribute_targets,
                                                 batch.attribute_mask, options);
    }
    sum = sum + loss.weight * term;
  }
  return sum;
}

}  // namespace lookbook
