#include "models/loss/ntxent.h"

#include <torch/torch.h>

#include "models/loss/distance.h"

namespace lookbook {

torch::Tensor NtXentLoss(const torch::Tensor& view1, const torch::Tensor& view2,
                         const NtXentOptions& options) {
  TORCH_CHECK(view1.dim() == 2 && view1.sizes() == view2.sizes() && view1.size(0) >= 2,
              "NtXentLoss: views ", view1.sizes(), " and ", view2.sizes(),
              " must be the same [B, D], B at least 2");
  TORCH_CHECK(options.temperature > 0, "NtXentLoss: temperature ", options.temperature,
              " is not above 0");
  const int64_t batch = view1.size(0);
  const torch::Tensor logits = CosineSimilarity(torch::cat({view1, view2})) / options.temperature;
  const torch::Tensor self = torch::eye(2 * batch, logits.options().dtype(torch::kBool));
  const torch::Tensor partner = self.roll(batch, 1);
  const torch::Tensor left_out = options.decoupled ? self | partner : self;
  const torch::Tensor positive = logits.masked_select(partner);
  return (logits.masked_fill(left_out, -1e9).logsumexp(1) - positive).mean();
}

}  // namespace lookbook
