// Triplet losses over a batch.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "models/loss/distance.h"
#include "models/loss/pair_relation.h"
#include "models/loss/triplet_miner.h"

namespace lookbook {

enum class TripletForm {
  kHinge,     // [v]_+
  kSoftplus,  // log(1 + exp(d_ap - d_an)); has no margin.
};

struct TripletOptions {
  TripletMiner miner = TripletMiner::kBatchAll;
  TripletForm form = TripletForm::kHinge;
  double margin = 0.2;  // At least 0. With 0 every constant map is a minimum of the hinge.
  double accuracy_margin = 0;
  DistanceOptions distance;
};

// What a batch showed. All counts are over every triplet of the relation, whatever the miner kept,
// so that they compare across miners.
struct TripletResult {
  torch::Tensor loss;   // Scalar; 0 with a live graph where there is no triplet.
  int64_t mined = 0;    // Triplets that the miner kept.
  int64_t active = 0;   // Triplets with v > 0.
  int64_t total = 0;    // Triplets of the relation.
  int64_t right = 0;    // Of these, with d_ap < d_an + accuracy_margin,
  int64_t ordered = 0;  // and with d_ap < d_an.
  double accuracy = 0;  // right / total; 0 where there is no triplet.
};

// v = d_ap - d_an + margin. Hinge: the mean of v over the mined triplets with v > 0, but over all
// mined triplets for kBatchHard. Softplus: the mean over the mined triplets. Landmarks of a
// constant map: hinge = margin, softplus = ln 2; kSemiHard and kEasyPositive find no triplet there.
// embeddings: float[B, D], normalised inside unless the distance says otherwise; differentiable.
// Throws c10::Error where the relation is of another batch size or the margin is negative.
TripletResult TripletLoss(const torch::Tensor& embeddings, const PairRelation& pairs,
                          const TripletOptions& options = {});

}  // namespace lookbook
