// A recipe's pair rule as the losses take it, and what it finds in a data set.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/pair_sampler.h"
#include "models/loss/pair_relation.h"
#include "models/recipe/recipe.h"
#include "models/train/label_support.h"

namespace lookbook {

// The weights of the adaptive rule's Jaccard index; undefined without an image.
torch::Tensor PairIdf(const LabelSupport& classes);

PairOptions ToPairOptions(const PairsRecipe& recipe, const torch::Tensor& idf);

// Partners are the positives of the stage's loss that has a pair rule (a recipe's stage has no two
// such rules beside sampler "pairs"); without one those of the adaptive rule's defaults.
PairSamplerOptions ToSamplerOptions(const StageRecipe& stage, int64_t seed);

// What a rule finds for the anchors among `images` pictures.
struct AnchorCount {
  std::string stage;
  std::string loss;
  int64_t images = 0;
  int64_t with_positive = 0;
  int64_t with_negative = 0;
  int64_t with_both = 0;  // What the loss can learn from.
};

// One entry for each loss of a stage that has a pair rule, counted among `rows`, or among 2,048 of
// them at even distances where they are more: memory grows with the square. Internal: torch fails.
absl::StatusOr<std::vector<AnchorCount>> CountAnchors(const Recipe& recipe, const FashionData& data,
                                                      const std::vector<int64_t>& rows);

}  // namespace lookbook
