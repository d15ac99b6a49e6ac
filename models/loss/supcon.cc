#include "models/loss/supcon.h"

#include <torch/torch.h>

#include "models/loss/log_contrast.h"

namespace lookbook {
namespace {

torch::Tensor Weights(const PairRelation& pairs, const SupConOptions& options) {
  switch (options.weights) {
    case SupConWeights::kAny:
      return pairs.shared > 0;
    case SupConWeights::kExact:
      return pairs.jaccard == 1;
    case SupConWeights::kPositive:
      return pairs.positive;
    case SupConWeights::kJaccard:
      return pairs.jaccard.pow(options.beta);
    case SupConWeights::kShared:
      return pairs.shared;
  }
  TORCH_CHECK(false, "SupConLoss: no such weights");
}

}  // namespace

CountedLoss SupConLoss(const torch::Tensor& embeddings, const PairRelation& pairs,
                       const SupConOptions& options) {
  TORCH_CHECK(options.beta > 0, "SupConLoss: beta ", options.beta, " is not above 0");
  const torch::Tensor log_q = LogContrast(embeddings, options.temperature);
  TORCH_CHECK(log_q.sizes() == pairs.shared.sizes(), "SupConLoss: ", log_q.size(0),
              " rows for a relation of ", pairs.shared.sizes());
  const torch::Tensor self = torch::eye(log_q.size(0), log_q.options().dtype(torch::kBool));
  const torch::Tensor weights =
      Weights(pairs, options).to(log_q.scalar_type()).masked_fill(self, 0);
  const torch::Tensor sum = weights.sum(1);
  const torch::Tensor terms = -(weights * log_q).sum(1) / sum.masked_fill(sum <= 0, 1.0);
  return MeanOver(terms, sum > 0);
}

}  // namespace lookbook
