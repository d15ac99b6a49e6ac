#include "models/loss/log_contrast.h"

#include <torch/torch.h>

#include "models/loss/distance.h"

namespace lookbook {

torch::Tensor LogContrast(const torch::Tensor& rows, double temperature) {
  TORCH_CHECK(temperature > 0, "temperature ", temperature, " is not above 0");
  const torch::Tensor logits = CosineSimilarity(rows) / temperature;
  const torch::Tensor self = torch::eye(logits.size(0), logits.options().dtype(torch::kBool));
  // -1e9 and not -inf: a row without others stays finite on the way, too.
  const torch::Tensor others = logits.masked_fill(self, -1e9);
  return (logits - others.logsumexp(1, /*keepdim=*/true)).masked_fill(self, 0);
}

}  // namespace lookbook
