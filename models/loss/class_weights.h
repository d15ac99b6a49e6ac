// Weights of classes from how often each occurs: n_c of N images show class c.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace lookbook {

// clamp(sqrt((N - n_c) / n_c), 1, 10), n_c at least 1: float64[C]. For BceOptions::pos_weight. It
// shifts the probabilities: 0.5 is then no longer the natural threshold.
// REQUIRES: `images` > 0.
torch::Tensor PosWeight(const std::vector<int64_t>& counts, int64_t images);

// v_c proportional to (1 - beta) / (1 - beta^n_c), n_c at least 1, scaled to mean 1: float64[C].
// For BceOptions::class_weights. beta in [0, 1); 0.999, or 0.9999 above 1e5 images.
// Cui et al. 2019, Class-Balanced Loss Based on Effective Number of Samples, arXiv 1901.05555.
torch::Tensor EffectiveNumberWeights(const std::vector<int64_t>& counts, double beta = 0.999);

// w_c = log(N / n_c), n_c clamped to [1, N]: float64[C]. For PairOptions::idf.
torch::Tensor IdfWeights(const std::vector<int64_t>& counts, int64_t images);

}  // namespace lookbook
