#include "models/train/pair_rule.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/exception_fence.h"
#include "models/loss/class_weights.h"

namespace lookbook {
namespace {

constexpr int64_t kMostAnchors = 2048;

// 0/1 rows of at most kMostAnchors pictures.
torch::Tensor Targets(const FashionData& data, const std::vector<int64_t>& rows) {
  const int64_t all = static_cast<int64_t>(rows.size()), n = std::min(all, kMostAnchors);
  torch::Tensor out = torch::zeros({n, static_cast<int64_t>(data.labels.classes.size())});
  auto values = out.accessor<float, 2>();
  for (int64_t i = 0; i < n; ++i) {
    for (const int column : data.images[rows[i * all / n]].classes) values[i][column] = 1;
  }
  return out;
}

AnchorCount Count(const torch::Tensor& targets, const PairOptions& options) {
  const PairRelation pairs = RelatePairs(targets, options);
  const torch::Tensor positive = pairs.positive.any(1), negative = pairs.negative.any(1);
  AnchorCount out{.images = targets.size(0)};
  out.with_positive = positive.sum().item<int64_t>();
  out.with_negative = negative.sum().item<int64_t>();
  out.with_both = (positive & negative).sum().item<int64_t>();
  return out;
}

}  // namespace

torch::Tensor PairIdf(const LabelSupport& classes) {
  return classes.images > 0 ? IdfWeights(classes.counts, classes.images).to(torch::kFloat32)
                            : torch::Tensor();
}

PairOptions ToPairOptions(const PairsRecipe& recipe, const torch::Tensor& idf) {
  PairOptions options;
  options.rule = recipe.rule == "adaptive" ? PairRule::kAdaptive
                 : recipe.rule == "study"  ? PairRule::kStudy
                                           : PairRule::kStrict;
  options.positive_shared = recipe.positive_shared;
  options.positive_jaccard = recipe.positive_jaccard;
  options.idf = idf;
  return options;
}

PairSamplerOptions ToSamplerOptions(const StageRecipe& stage, int64_t seed) {
  PairSamplerOptions options;
  options.batch_size = stage.batch_size;
  options.partners = stage.sampler.partners;
  options.seed = seed;
  for (const LossRecipe& loss : stage.losses) {
    if (!HasPairRule(loss)) continue;
    options.rule = loss.pairs.rule == "adaptive" ? PartnerRule::kSharedOrSimilar
                   : loss.pairs.rule == "study"  ? PartnerRule::kFallBack
                                                 : PartnerRule::kShared;
    options.positive_shared = loss.pairs.positive_shared;
    options.positive_jaccard = loss.pairs.positive_jaccard;
  }
  return options;
}

absl::StatusOr<std::vector<AnchorCount>> CountAnchors(const Recipe& recipe, const FashionData& data,
                                                      const std::vector<int64_t>& rows) {
  return CatchToStatus("pairs", [&]() -> absl::StatusOr<std::vector<AnchorCount>> {
    std::vector<AnchorCount> out;
    if (rows.empty()) return out;
    const torch::Tensor idf = PairIdf(CountClasses(data, rows));
    const torch::Tensor targets = Targets(data, rows);
    for (const StageRecipe& stage : recipe.stages) {
      for (const LossRecipe& loss : stage.losses) {
        if (!HasPairRule(loss)) continue;
        out.push_back(Count(targets, ToPairOptions(loss.pairs, idf)));
        out.back().stage = stage.name;
        out.back().loss = loss.name;
      }
    }
    return out;
  });
}

}  // namespace lookbook
