// Distances between all rows of a batch, with gradients that stay finite where rows coincide.
#pragma once

#include <torch/types.h>

namespace lookbook {

enum class DistanceKind {
  kEuclidean,
  kCosine,  // 1 - s; always on normalised rows.
};

struct DistanceOptions {
  DistanceKind kind = DistanceKind::kEuclidean;
  bool normalize = true;  // Euclidean: rows divided by their norm first.
};

// z_i = x_i / max(|x_i|, 1e-12): float[B, D].
torch::Tensor NormalizeRows(const torch::Tensor& rows);

// s_ij = z_i.z_j: float[B, B] of the normalised rows.
torch::Tensor CosineSimilarity(const torch::Tensor& rows);

// float[B, B]. Euclidean: d_ij = sqrt(max(2 - 2 s_ij, 1e-12)) of normalised rows, or
// max(|x_i - x_j|, 1e-6) of raw ones: the bound takes the place of the infinite slope of sqrt at 0.
torch::Tensor PairwiseDistance(const torch::Tensor& rows, const DistanceOptions& options = {});

// float[B, B]: 2 - 2 s_ij, the squared Euclidean distance of normalised rows; not bounded below.
torch::Tensor SquaredDistance(const torch::Tensor& rows);

}  // namespace lookbook
