#include "models/loss/distance.h"

#include <torch/torch.h>

namespace lookbook {

torch::Tensor NormalizeRows(const torch::Tensor& rows) {
  TORCH_CHECK(rows.dim() == 2, "rows ", rows.sizes(), " are not [B, D]");
  return rows / rows.norm(2, /*dim=*/{1}, /*keepdim=*/true).clamp_min(1e-12);
}

torch::Tensor CosineSimilarity(const torch::Tensor& rows) {
  const torch::Tensor z = NormalizeRows(rows);
  return z.mm(z.t());
}

torch::Tensor SquaredDistance(const torch::Tensor& rows) { return 2 - 2 * CosineSimilarity(rows); }

torch::Tensor PairwiseDistance(const torch::Tensor& rows, const DistanceOptions& options) {
  if (options.kind == DistanceKind::kCosine) return 1 - CosineSimilarity(rows);
  if (options.normalize) return SquaredDistance(rows).clamp_min(1e-12).sqrt();
  TORCH_CHECK(rows.dim() == 2, "rows ", rows.sizes(), " are not [B, D]");
  // Mode 2 subtracts coordinate by coordinate: the faster form by products loses small distances.
  return torch::cdist(rows, rows, /*p=*/2, /*compute_mode=*/2).clamp_min(1e-6);
}

}  // namespace lookbook
