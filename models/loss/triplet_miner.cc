#include "models/loss/triplet_miner.h"

#include <torch/torch.h>

#include <limits>

namespace lookbook {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Lowest-index argmax or argmin of each row over what `among` marks.
torch::Tensor Farthest(const torch::Tensor& distances, const torch::Tensor& among) {
  return distances.masked_fill(among.logical_not(), -kInfinity).argmax(1);
}
torch::Tensor Nearest(const torch::Tensor& distances, const torch::Tensor& among) {
  return distances.masked_fill(among.logical_not(), kInfinity).argmin(1);
}

// One triplet for each anchor that `anchors` (bool[B]) marks.
torch::Tensor OneEach(const torch::Tensor& anchors, const torch::Tensor& positive,
                      const torch::Tensor& negative) {
  const torch::Tensor rows = anchors.nonzero().squeeze(1);
  return torch::stack({rows, positive.index_select(0, rows), negative.index_select(0, rows)}, 1);
}

torch::Tensor SemiHard(const torch::Tensor& d, const PairRelation& pairs, double margin) {
  const torch::Tensor gap = d.unsqueeze(1) - d.unsqueeze(2);  // [a, p, n]: d_an - d_ap.
  return (AllTriplets(pairs) & (gap > 0) & (gap <= margin)).nonzero();
}

torch::Tensor BatchHard(const torch::Tensor& d, const PairRelation& pairs) {
  return OneEach(pairs.positive.any(1) & pairs.negative.any(1), Farthest(d, pairs.positive),
                 Nearest(d, pairs.negative));
}

torch::Tensor EasyPositive(const torch::Tensor& d, const PairRelation& pairs) {
  const torch::Tensor positive = Nearest(d, pairs.positive);
  const torch::Tensor farther = pairs.negative & (d > d.gather(1, positive.unsqueeze(1)));
  return OneEach(pairs.positive.any(1) & farther.any(1), positive, Nearest(d, farther));
}

}  // namespace

torch::Tensor AllTriplets(const PairRelation& pairs) {
  return pairs.positive.unsqueeze(2) & pairs.negative.unsqueeze(1);
}

torch::Tensor MineTriplets(const torch::Tensor& distances, const PairRelation& pairs,
                           TripletMiner miner, double margin) {
  TORCH_CHECK(distances.dim() == 2 && distances.sizes() == pairs.positive.sizes(),
              "MineTriplets: distances ", distances.sizes(), " for a relation of ",
              pairs.positive.sizes());
  torch::NoGradGuard no_grad;
  const torch::Tensor d = distances.detach();
  switch (miner) {
    case TripletMiner::kBatchAll:
      return AllTriplets(pairs).nonzero();
    case TripletMiner::kSemiHard:
      return SemiHard(d, pairs, margin);
    case TripletMiner::kBatchHard:
      return BatchHard(d, pairs);
    case TripletMiner::kEasyPositive:
      return EasyPositive(d, pairs);
  }
  TORCH_CHECK(false, "MineTriplets: no such miner");
}

}  // namespace lookbook
