#include "models/loss/vicreg.h"

#include <torch/torch.h>

namespace lookbook {
namespace {

constexpr double kEpsilon = 1e-4;

void CheckRows(const torch::Tensor& rows) {
  TORCH_CHECK(rows.dim() == 2 && rows.size(0) >= 2, "VICReg: rows ", rows.sizes(),
              " are not [B, D] with B at least 2");
}

}  // namespace

torch::Tensor VarianceTerm(const torch::Tensor& rows) {
  CheckRows(rows);
  return torch::relu(1 - (rows.var(/*dim=*/0, /*unbiased=*/true) + kEpsilon).sqrt()).mean();
}

torch::Tensor CovarianceTerm(const torch::Tensor& rows) {
  CheckRows(rows);
  const torch::Tensor centred = rows - rows.mean(0);
  const torch::Tensor covariance = centred.t().mm(centred) / (rows.size(0) - 1.0);
  return (covariance.square().sum() - covariance.diagonal().square().sum()) / rows.size(1);
}

VicRegResult VicRegLoss(const torch::Tensor& view1, const torch::Tensor& view2,
                        const VicRegOptions& options) {
  TORCH_CHECK(view1.sizes() == view2.sizes(), "VicRegLoss: views ", view1.sizes(), " and ",
              view2.sizes(), " differ");
  VicRegResult result;
  result.invariance = torch::mse_loss(view1, view2);
  result.variance = (VarianceTerm(view1) + VarianceTerm(view2)) / 2;
  result.covariance = CovarianceTerm(view1) + CovarianceTerm(view2);
  result.loss = options.invariance * result.invariance + options.variance * result.variance +
                options.covariance * result.covariance;
  return result;
}

}  // namespace lookbook
