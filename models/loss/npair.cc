#include "models/loss/npair.h"

#include <torch/torch.h>

namespace lookbook {

CountedLoss NPairLoss(const torch::Tensor& embeddings, const PairRelation& pairs, uint64_t seed,
                      const NPairOptions& options) {
  TORCH_CHECK(embeddings.dim() == 2 && embeddings.size(0) == pairs.positive.size(0),
              "NPairLoss: embeddings ", embeddings.sizes(), " for a relation of ",
              pairs.positive.sizes());
  const torch::Tensor product = embeddings.mm(embeddings.t());
  const torch::Tensor usable = pairs.positive & pairs.negative.any(1, /*keepdim=*/true);
  const torch::Tensor listed = ListPairs(usable, options.max_pairs, seed);
  const torch::Tensor a = listed.select(1, 0), p = listed.select(1, 1);
  const torch::Tensor to_positive = product.index({a, p}).unsqueeze(1);
  const torch::Tensor negative = pairs.negative.index_select(0, a);
  const torch::Tensor excess =
      (product.index_select(0, a) - to_positive).masked_fill(negative.logical_not(), -1e9);
  const torch::Tensor terms = torch::cat({torch::zeros_like(to_positive), excess}, 1).logsumexp(1);
  CountedLoss result = MeanOver(terms, torch::ones_like(terms, torch::kBool));
  result.loss = result.loss + options.norm_weight * embeddings.norm(2, /*dim=*/{1}).mean();
  return result;
}

}  // namespace lookbook
