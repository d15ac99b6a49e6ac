// A mean and how many terms it is taken over.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace lookbook {

// A number of terms that would have to be waited for.
inline constexpr int64_t kNotCounted = -1;

// `terms` == 0: nothing in the batch to learn from; `loss` is then 0 with a live graph.
struct CountedLoss {
  torch::Tensor loss;  // Scalar.
  int64_t terms = 0;
};

// The mean of those `values` that `counted` marks. values: float, counted: bool, of one shape. What
// is not counted gets no gradient. On a GPU `terms` is kNotCounted: nothing waits for it.
CountedLoss MeanOver(const torch::Tensor& values, const torch::Tensor& counted);

}  // namespace lookbook
