#include "models/loss/rotation.h"

#include <torch/torch.h>

namespace lookbook {
namespace {

void CheckTurns(const torch::Tensor& turns, int64_t batch) {
  TORCH_CHECK(turns.dim() == 1 && turns.size(0) == batch && turns.scalar_type() == torch::kInt64,
              "rotation: quarter turns ", turns.sizes(), " ", turns.scalar_type(), " for ", batch,
              " rows");
  TORCH_CHECK(((turns >= 0) & (turns <= 3)).all().item<bool>(),
              "rotation: a number of quarter turns is not in 0 to 3");
}

}  // namespace

torch::Tensor RotateQuarterTurns(const torch::Tensor& images, const torch::Tensor& quarter_turns) {
  TORCH_CHECK(images.dim() == 4 && images.size(2) == images.size(3), "rotation: images ",
              images.sizes(), " are not [B, C, S, S]");
  CheckTurns(quarter_turns, images.size(0));
  torch::Tensor rotated = images;
  for (int64_t k = 1; k <= 3; ++k) {
    const torch::Tensor rows = (quarter_turns == k).nonzero().squeeze(1);
    rotated = rotated.index_copy(0, rows, torch::rot90(images.index_select(0, rows), k, {2, 3}));
  }
  return rotated;
}

torch::Tensor RotationLoss(const torch::Tensor& logits, const torch::Tensor& quarter_turns) {
  TORCH_CHECK(logits.dim() == 2 && logits.size(1) == 4, "RotationLoss: logits ", logits.sizes(),
              " are not [B, 4]");
  CheckTurns(quarter_turns, logits.size(0));
  return torch::cross_entropy_loss(logits, quarter_turns);
}

}  // namespace lookbook
