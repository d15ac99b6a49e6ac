// The log-probabilities that contrastive losses average.
#pragma once

#include <torch/types.h>

namespace lookbook {

// log q_ij = s_ij / tau - log sum_{k != i} exp(s_ik / tau), 0 for i = j: float[B, B].
// rows: float[B, D], normalised inside. Gradients are finite for any B.
// Throws c10::Error unless tau > 0.
torch::Tensor LogContrast(const torch::Tensor& rows, double temperature);

}  // namespace lookbook
