// Graded triplet loss: the more labels two images share, the closer they should be.
#pragma once

#include <torch/types.h>

#include "models/loss/counted_loss.h"
#include "models/loss/pair_relation.h"

namespace lookbook {

struct GradedOptions {
  double margin = 0.5;  // m, at least 0.
};

// Over all distinct (a, i, k) with J_ai > J_ak: v = d2_ai - d2_ak + m (J_ai - J_ak) on squared
// distances of normalised rows; the mean of v over v > 0. `terms` counts v > 0.
// embeddings: float[B, D]; reads only `pairs.jaccard`. Memory B^3. Relative of the weighted ranking
// loss of Zhao et al. 2015, arXiv 1501.06272.
CountedLoss GradedTripletLoss(const torch::Tensor& embeddings, const PairRelation& pairs,
                              const GradedOptions& options = {});

}  // namespace lookbook
