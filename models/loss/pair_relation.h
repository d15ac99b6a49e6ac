// Which images of a batch belong together, from the overlap of their label sets. Every metric loss
// takes this, never a class id.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace lookbook {

enum class PairRule {
  // Positive: S > positive_shared. Negative: S = 0.
  kStrict,
  // Positive: S > positive_shared or J >= positive_jaccard. Negative: S = 0 or J^w <=
  // negative_jaccard. A pair that is both is positive. Gives pairs to images with few labels.
  kAdaptive,
  // Positive: S > positive_shared; an anchor without one retries with one less, down to S > 0.
  // Negative: S = 0. The positives of this rule belong to the anchor (row): not symmetric.
  kStudy,
};

struct PairOptions {
  PairRule rule = PairRule::kAdaptive;
  int64_t positive_shared = 3;
  double positive_jaccard = 0.6;
  double negative_jaccard = 0.1;
  torch::Tensor idf;  // w: [C], or undefined (ones). See IdfWeights().
};

// For images i, j with label vectors y: S = y_i.y_j; J = S / (|y_i| + |y_j| - S), 0 where both are
// empty. An image is never a pair with itself; pairs that neither mask marks are ignored.
struct PairRelation {
  torch::Tensor shared;    // S: float[B, B].
  torch::Tensor jaccard;   // J: float[B, B], 1 exactly where two non-empty sets are equal.
  torch::Tensor positive;  // bool[B, B], row = anchor.
  torch::Tensor negative;  // bool[B, B], symmetric.

  // Study rule only, else empty and 0: anchors that found positives at S > positive_shared, at one
  // less, ..., at S > 0; and the anchors that found none at all.
  std::vector<int64_t> anchors_per_level;
  int64_t dropped_anchors = 0;
};

// targets: 0/1, [B, C], of any type; the matrices are float64 for float64 targets, else float32.
// Throws c10::Error for targets or idf of another shape and for negative thresholds. One label an
// image (one-hot rows): kStrict with positive_shared = 0.
PairRelation RelatePairs(const torch::Tensor& targets, const PairOptions& options = {});

// The true entries of `mask` (bool[B, B]) as int64[P, 2], in row order; where they are more than
// `cap`, `cap` of them drawn without replacement by `seed` (row order again, any device the same).
torch::Tensor ListPairs(const torch::Tensor& mask, int64_t cap, uint64_t seed);

}  // namespace lookbook
