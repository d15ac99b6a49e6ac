// Supervised contrastive losses for label sets.
#pragma once

#include <torch/types.h>

#include "models/loss/counted_loss.h"
#include "models/loss/pair_relation.h"

namespace lookbook {

// W_ij, always 0 for i = j.
enum class SupConWeights {
  kAny,       // [S > 0]
  kExact,     // [y_i = y_j], not both empty
  kPositive,  // The relation's positives: [S > 3] with PairRule::kStrict.
  kJaccard,   // J^beta
  kShared,    // S: cross-entropy against row-normalised S.
};

struct SupConOptions {
  SupConWeights weights = SupConWeights::kJaccard;
  double beta = 2;           // Above 0; kJaccard only. 1 rewards a single shared label too much.
  double temperature = 0.1;  // Above 0.
};

// L_i = -sum_j W_ij log q_ij / sum_j W_ij,  log q_ij = s_ij / tau - log sum_{k != i} exp(s_ik /
// tau); the mean over the `terms` anchors with sum_j W_ij > 0. With one label per image this is
// SupCon (Khosla et al. 2020, arXiv 2004.11362, L_out). A constant map has log(B - 1). embeddings:
// float[B, D], normalised inside; differentiable.
CountedLoss SupConLoss(const torch::Tensor& embeddings, const PairRelation& pairs,
                       const SupConOptions& options = {});

}  // namespace lookbook
