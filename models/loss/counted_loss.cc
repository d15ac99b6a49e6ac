#include "models/loss/counted_loss.h"

#include <torch/torch.h>

#include <algorithm>

namespace lookbook {

CountedLoss MeanOver(const torch::Tensor& values, const torch::Tensor& counted) {
  TORCH_CHECK(values.sizes() == counted.sizes(), "MeanOver: values ", values.sizes(), ", counted ",
              counted.sizes());
  const torch::Tensor kept = values.masked_fill(counted.logical_not(), 0);
  if (!values.is_cpu()) {
    const torch::Tensor terms = counted.sum().clamp_min(1).to(values.scalar_type());
    return {kept.sum() / terms, kNotCounted};
  }
  const int64_t terms = counted.sum().item<int64_t>();
  return {kept.sum() / static_cast<double>(std::max<int64_t>(terms, 1)), terms};
}

}  // namespace lookbook
