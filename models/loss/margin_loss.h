// Margin loss with distance-weighted negatives.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "models/loss/counted_loss.h"
#include "models/loss/pair_relation.h"

namespace lookbook {

struct MarginLossOptions {
  double alpha = 0.2;     // Half the gap between positives and negatives.
  double beta = 1.2;      // The boundary between them.
  double nearest = 0.5;   // Distances are raised to this before weighting: limits the variance.
  double farthest = 1.4;  // Negatives beyond this are never drawn.
};

// For each positive pair (a, p) one negative n of a, drawn with probability proportional to
// 1 / q(d_an), log q(d) = (D - 2) log d + ((D - 3) / 2) log(1 - d^2 / 4), the density of distances
// between uniform points on the sphere; a pair whose anchor has no negative in reach is left out.
// l = [d_ap - beta + alpha]_+ + [beta - d_an + alpha]_+; the sum divided by how many of the hinges
// are positive (`terms`). embeddings: float[B, D], D >= 2, normalised inside. `seed` draws.
// Wu et al. 2017, Sampling Matters in Deep Embedding Learning, arXiv
// 1706.07567.
CountedLoss MarginLoss(const torch::Tensor& embeddings, const PairRelation& pairs, uint64_t seed,
                       const MarginLossOptions& options = {});

// int64[T, 3], the triplets that MarginLoss draws. distances: [B, B] of normalised rows in `dim`
// dimensions.
torch::Tensor DrawByDistance(const torch::Tensor& distances, const PairRelation& pairs, int64_t dim,
                             uint64_t seed, const MarginLossOptions& options = {});

}  // namespace lookbook
