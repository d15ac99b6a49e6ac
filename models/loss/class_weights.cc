#include "models/loss/class_weights.h"

#include <torch/torch.h>

namespace lookbook {
namespace {

torch::Tensor AtLeastOne(const std::vector<int64_t>& counts) {
  TORCH_CHECK(!counts.empty(), "class weights of no classes");
  const torch::Tensor n = torch::tensor(counts, torch::kInt64).to(torch::kFloat64);
  TORCH_CHECK(n.min().item<double>() >= 0, "class weights: a count below 0");
  return n.clamp_min(1);
}

}  // namespace

torch::Tensor PosWeight(const std::vector<int64_t>& counts, int64_t images) {
  TORCH_CHECK(images > 0, "PosWeight: ", images, " images");
  const torch::Tensor n = AtLeastOne(counts);
  return ((images - n).clamp_min(0) / n).sqrt().clamp(1, 10);
}

torch::Tensor EffectiveNumberWeights(const std::vector<int64_t>& counts, double beta) {
  TORCH_CHECK(beta >= 0 && beta < 1, "EffectiveNumberWeights: beta ", beta, " is not in [0, 1)");
  const torch::Tensor weights = (1 - beta) / (1 - torch::pow(beta, AtLeastOne(counts)));
  return weights / weights.mean();
}

torch::Tensor IdfWeights(const std::vector<int64_t>& counts, int64_t images) {
  TORCH_CHECK(images > 0, "IdfWeights: ", images, " images");
  return (images / AtLeastOne(counts).clamp_max(images)).log();
}

}  // namespace lookbook
