#include "models/loss/margin_loss.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "models/loss/distance.h"

namespace lookbook {
namespace {

// Each row's drawing weights, largest 1; 0 for what is out of reach. distances: float64[B, B].
torch::Tensor DrawingWeights(const torch::Tensor& distances, const torch::Tensor& negative,
                             int64_t dim, const MarginLossOptions& options) {
  const torch::Tensor d = distances.clamp(options.nearest, options.farthest);
  const torch::Tensor log_weight =
      -((dim - 2.0) * d.log() + (dim - 3.0) / 2 * (1 - d.square() / 4).log());
  const torch::Tensor out_of_reach = (negative & (distances <= options.farthest)).logical_not();
  const torch::Tensor masked = log_weight.masked_fill(out_of_reach, -1e9);
  const torch::Tensor largest = std::get<0>(masked.max(1, /*keepdim=*/true));
  return (masked - largest).exp().masked_fill(out_of_reach, 0);
}

}  // namespace

torch::Tensor DrawByDistance(const torch::Tensor& distances, const PairRelation& pairs, int64_t dim,
                             uint64_t seed, const MarginLossOptions& options) {
  TORCH_CHECK(
      dim >= 2 && options.nearest > 0 && options.nearest < options.farthest && options.farthest < 2,
      "DrawByDistance: dim ", dim, ", nearest ", options.nearest, ", farthest ", options.farthest);
  TORCH_CHECK(distances.sizes() == pairs.positive.sizes(), "DrawByDistance: distances ",
              distances.sizes(), " for a relation of ", pairs.positive.sizes());
  torch::NoGradGuard no_grad;
  const torch::Tensor weights = DrawingWeights(distances.detach().to(torch::kCPU, torch::kFloat64),
                                               pairs.negative.to(torch::kCPU), dim, options);
  const torch::Tensor in_reach = (weights > 0).any(1, /*keepdim=*/true);
  const torch::Tensor drawn = (pairs.positive.to(torch::kCPU) & in_reach).nonzero();
  if (drawn.size(0) == 0)
    return torch::empty({0, 3}, pairs.positive.options().dtype(torch::kInt64));
  const torch::Tensor negative =
      weights.index_select(0, drawn.select(1, 0))
          .multinomial(1, /*replacement=*/true, at::detail::createCPUGenerator(seed));
  return torch::cat({drawn, negative}, 1).to(pairs.positive.device());
}

CountedLoss MarginLoss(const torch::Tensor& embeddings, const PairRelation& pairs, uint64_t seed,
                       const MarginLossOptions& options) {
  const torch::Tensor d = PairwiseDistance(embeddings);
  const torch::Tensor triplets = DrawByDistance(d, pairs, embeddings.size(1), seed, options);
  const torch::Tensor a = triplets.select(1, 0);
  const torch::Tensor to_positive = d.index({a, triplets.select(1, 1)});
  const torch::Tensor to_negative = d.index({a, triplets.select(1, 2)});
  const torch::Tensor hinges = torch::cat(
      {to_positive - options.beta + options.alpha, options.beta - to_negative + options.alpha});
  return MeanOver(hinges, hinges > 0);
}

}  // namespace lookbook
