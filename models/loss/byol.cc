#include "models/loss/byol.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

#include "models/loss/distance.h"

namespace lookbook {

torch::Tensor ByolLoss(const torch::Tensor& prediction, const torch::Tensor& target) {
  TORCH_CHECK(prediction.sizes() == target.sizes(), "ByolLoss: prediction ", prediction.sizes(),
              " and target ", target.sizes(), " differ");
  const torch::Tensor cosine = (NormalizeRows(prediction) * NormalizeRows(target.detach())).sum(1);
  return (2 - 2 * cosine).mean();
}

double ByolMomentum(int64_t step, int64_t steps, double base) {
  TORCH_CHECK(steps > 0 && step >= 0 && step <= steps, "ByolMomentum: step ", step, " of ", steps);
  return 1 - (1 - base) * (std::cos(std::numbers::pi * step / steps) + 1) / 2;
}

}  // namespace lookbook
