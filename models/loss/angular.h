// Angular loss over a batch, in its multi-label form.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "models/loss/counted_loss.h"
#include "models/loss/pair_relation.h"

namespace lookbook {

enum class AngularNegatives {
  kOfBoth,    // N_a and N_p: the geometry needs a negative to both. One label per image: the same.
  kOfAnchor,  // N_a.
};

struct AngularOptions {
  double alpha_degrees = 45;  // In (0, 90).
  AngularNegatives negatives = AngularNegatives::kOfBoth;
  int64_t max_pairs = 512;  // Positive pairs a batch; more are drawn at random by `seed`.
  // Above 0: only triplets whose angle at the negative (AnglesAtNegative) is larger.
  double min_angle_degrees = 0;
};

// Over positive pairs (a, p) that have negatives, the mean (over `terms` pairs) of
//   log(1 + sum_n exp f_apn),  f_apn = 4 t (z_a + z_p).z_n - 2 (1 + t) z_a.z_p,  t = tan^2 alpha.
// embeddings: float[B, D], normalised inside; differentiable. A constant map has the high value
// log(1 + |N| exp(6 t - 2)). Time and memory pairs x B.
// Wang et al. 2017, Deep Metric Learning with Angular Loss, arXiv 1708.01682.
CountedLoss AngularLoss(const torch::Tensor& embeddings, const PairRelation& pairs, uint64_t seed,
                        const AngularOptions& options = {});

// The paper's hinge argument |a - p|^2 - 4 tan^2(alpha) |n - c|^2, c = (a + p) / 2, of normalised
// rows: float[T]. triplets: int64[T, 3].
torch::Tensor AngularHingeArguments(const torch::Tensor& embeddings, const torch::Tensor& triplets,
                                    double alpha_degrees);

// atan(|a - p| / (2 |n - c|)) in degrees: float[T].
torch::Tensor AnglesAtNegative(const torch::Tensor& embeddings, const torch::Tensor& triplets);

}  // namespace lookbook
