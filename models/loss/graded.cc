#include "models/loss/graded.h"

#include <torch/torch.h>

#include "models/loss/distance.h"

namespace lookbook {

CountedLoss GradedTripletLoss(const torch::Tensor& embeddings, const PairRelation& pairs,
                              const GradedOptions& options) {
  TORCH_CHECK(options.margin >= 0, "GradedTripletLoss: margin ", options.margin, " is below 0");
  const torch::Tensor d2 = SquaredDistance(embeddings);
  TORCH_CHECK(d2.sizes() == pairs.jaccard.sizes(), "GradedTripletLoss: ", d2.size(0),
              " rows for a relation of ", pairs.jaccard.sizes());
  const torch::Tensor jaccard = pairs.jaccard.to(d2.scalar_type());
  // i is not a; nor is k, as no J_ai is above J_aa.
  const torch::Tensor others =
      torch::eye(d2.size(0), d2.options().dtype(torch::kBool)).logical_not();
  const torch::Tensor more = jaccard.unsqueeze(2) - jaccard.unsqueeze(1);  // [a, i, k]
  const torch::Tensor ordered = (more > 0) & others.unsqueeze(2);
  const torch::Tensor v = d2.unsqueeze(2) - d2.unsqueeze(1) + options.margin * more;
  return MeanOver(v, ordered & (v > 0));
}

}  // namespace lookbook
