#include "models/loss/triplet.h"

#include <torch/torch.h>

#include "models/loss/counted_loss.h"

namespace lookbook {
namespace {

// How all triplets of the relation stand, without gradients.
TripletResult Count(const torch::Tensor& distances, const PairRelation& pairs,
                    const TripletOptions& options) {
  torch::NoGradGuard no_grad;
  const torch::Tensor d = distances.detach();
  const torch::Tensor all = AllTriplets(pairs);
  const torch::Tensor gap = d.unsqueeze(2) - d.unsqueeze(1);  // [a, p, n]: d_ap - d_an.
  // Read together: each reading waits for a device.
  const torch::Tensor counts =
      torch::stack({all.sum(), (all & (gap + options.margin > 0)).sum(),
                    (all & (gap < options.accuracy_margin)).sum(), (all & (gap < 0)).sum()})
          .to(torch::kCPU);
  const auto count = counts.accessor<int64_t, 1>();
  TripletResult result;
  result.total = count[0];
  result.active = count[1];
  result.right = count[2];
  result.ordered = count[3];
  if (result.total > 0) result.accuracy = static_cast<double>(result.right) / result.total;
  return result;
}

// gap: d_ap - d_an of the mined triplets, float[T].
torch::Tensor Reduce(const torch::Tensor& gap, const TripletOptions& options) {
  const torch::Tensor every = torch::ones_like(gap, torch::kBool);
  if (options.form == TripletForm::kSoftplus) return MeanOver(torch::softplus(gap), every).loss;
  const torch::Tensor v = gap + options.margin;
  return MeanOver(v.clamp_min(0), options.miner == TripletMiner::kBatchHard ? every : v > 0).loss;
}

}  // namespace

TripletResult TripletLoss(const torch::Tensor& embeddings, const PairRelation& pairs,
                          const TripletOptions& options) {
  TORCH_CHECK(options.margin >= 0, "TripletLoss: margin ", options.margin, " is below 0");
  const torch::Tensor distances = PairwiseDistance(embeddings, options.distance);
  const torch::Tensor triplets =
      MineTriplets(distances, pairs, options.miner, options.margin);  // Checks the batch size.
  TripletResult result = Count(distances, pairs, options);
  result.mined = triplets.size(0);
  const torch::Tensor a = triplets.select(1, 0);
  const torch::Tensor gap =
      distances.index({a, triplets.select(1, 1)}) - distances.index({a, triplets.select(1, 2)});
  result.loss = Reduce(gap, options);
  return result;
}

}  // namespace lookbook
