// Signs that a network dies from inside, which its embeddings do not show: they are made unit
// length.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

namespace lookbook {

// A BatchNorm channel whose weight is smaller passes on nothing of its input.
inline constexpr double kDeadNormWeight = 1e-3;

// Share of the BatchNorm channels of `net`, all layers together, with |weight| < kDeadNormWeight.
// 0 when there is no BatchNorm with weights. A residual block whose last BatchNorm starts at 0
// (Goyal et al. 2017, arXiv 1706.02677) counts as dead until it has learnt.
double DeadNormShare(const torch::nn::Module& net);

// Mean Euclidean length of the rows of `feature`, float[B, D], before they are made unit length.
// Throws c10::Error when it has another number of dimensions or no row.
double MeanFeatureNorm(const torch::Tensor& feature);

}  // namespace lookbook
