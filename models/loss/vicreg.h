// VICReg: variance, invariance and covariance of two views.
#pragma once

#include <torch/types.h>

namespace lookbook {

struct VicRegOptions {
  double invariance = 25;
  double variance = 25;
  double covariance = 1;
};

struct VicRegResult {
  torch::Tensor loss;        // The weighted sum.
  torch::Tensor invariance;  // Unweighted: mean squared difference of the views.
  torch::Tensor variance;    // Unweighted: the mean of VarianceTerm over the views.
  torch::Tensor covariance;  // Unweighted: the sum of CovarianceTerm over the views.
};

// view1, view2: float[B, D], not normalised, B >= 2; differentiable in both. Needs B >= 64 to mean
// much. Throws c10::Error for unequal shapes or fewer than 2 rows.
// Bardes et al. 2022, VICReg, arXiv 2105.04906.
VicRegResult VicRegLoss(const torch::Tensor& view1, const torch::Tensor& view2,
                        const VicRegOptions& options = {});

// mean_j relu(1 - sqrt(Var_j + 1e-4)), unbiased variance over the rows. Also a regulariser against
// collapse beside other losses. rows: float[B, D], B >= 2.
torch::Tensor VarianceTerm(const torch::Tensor& rows);

// sum_{i != j} C_ij^2 / D, unbiased covariance C of the columns. rows: float[B, D], B >= 2.
torch::Tensor CovarianceTerm(const torch::Tensor& rows);

}  // namespace lookbook
