#include "models/loss/barlow.h"

#include <torch/torch.h>

namespace lookbook {
namespace {

torch::Tensor Standardize(const torch::Tensor& rows) {
  const torch::Tensor centred = rows - rows.mean(0);
  return centred / (centred.square().mean(0) + 1e-5).sqrt();
}

}  // namespace

torch::Tensor BarlowLoss(const torch::Tensor& view1, const torch::Tensor& view2,
                         const BarlowOptions& options) {
  TORCH_CHECK(view1.dim() == 2 && view1.sizes() == view2.sizes() && view1.size(0) >= 2,
              "BarlowLoss: views ", view1.sizes(), " and ", view2.sizes(),
              " must be the same [B, D], B at least 2");
  const torch::Tensor c = Standardize(view1).t().mm(Standardize(view2)) / view1.size(0);
  const torch::Tensor diagonal = c.diagonal();
  const torch::Tensor off_diagonal = c.square().sum() - diagonal.square().sum();
  return (1 - diagonal).square().sum() + options.off_diagonal * off_diagonal;
}

}  // namespace lookbook
