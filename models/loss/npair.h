// N-pair loss, in its multi-label form; with AngularLoss it makes the combined loss
// L_npair + lambda L_angular, lambda = 2.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "models/loss/counted_loss.h"
#include "models/loss/pair_relation.h"

namespace lookbook {

struct NPairOptions {
  double norm_weight = 5e-3;  // Of mean |x|, which keeps the embeddings from growing.
  int64_t max_pairs = 512;    // Positive pairs a batch; more are drawn at random by `seed`.
};

// Over positive pairs (a, p) whose anchor has negatives, the mean (over `terms` pairs) of
// log(1 + sum_{n in N_a} exp(x_a.x_n - x_a.x_p)), plus norm_weight x mean_i |x_i|.
// embeddings: float[B, D], NOT normalised inside; differentiable. `terms` == 0: the norm term only.
// Sohn 2016, Improved Deep Metric Learning with Multi-class N-pair Loss Objective.
CountedLoss NPairLoss(const torch::Tensor& embeddings, const PairRelation& pairs, uint64_t seed,
                      const NPairOptions& options = {});

}  // namespace lookbook
