// Which triplets (anchor, positive, negative) of a batch a triplet loss sees.
#pragma once

#include <torch/types.h>

#include "models/loss/pair_relation.h"

namespace lookbook {

enum class TripletMiner {
  // Every (a, p, n) with P_ap and N_an.
  kBatchAll,
  // Of those, 0 < d_an - d_ap <= margin. Schroff et al. 2015, FaceNet, arXiv 1503.03832.
  kSemiHard,
  // One for each anchor that has both: p = argmax_P d, n = argmin_N d. Collapses from scratch: only
  // after a warm start. Hermans et al. 2017, In Defense of the Triplet Loss, arXiv 1703.07737.
  kBatchHard,
  // One for each anchor: p = argmin_P d, n = argmin_N {d_an : d_an > d_ap}; an anchor without such
  // a negative gives none. Xuan et al. 2020, Improved Embeddings with Easy Positive Triplet Mining,
  // arXiv 1904.04370.
  kEasyPositive,
};

// bool[B, B, B]: entry (a, p, n) is P_ap and N_an.
torch::Tensor AllTriplets(const PairRelation& pairs);

// int64[T, 3], rows (a, p, n) in ascending order. distances: [B, B]; ties go to the lower index.
// `margin` is read by kSemiHard only. Time and memory B^3 for the first two, B^2 for the others.
torch::Tensor MineTriplets(const torch::Tensor& distances, const PairRelation& pairs,
                           TripletMiner miner, double margin);

}  // namespace lookbook
