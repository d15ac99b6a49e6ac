// What the parts of a recipe must be to suit each other, beyond each key's own range.
#pragma once

#include "absl/strings/string_view.h"
#include "models/recipe/recipe.h"
#include "models/recipe/table_reader.h"

namespace lookbook {

// Each fails `in`, the reader of the stage or the network, with the line of the key at fault.

// What a list of losses must be for one stage to train it: no loss twice; one projector for all
// losses of views; one pair rule where a sampler of pairs follows it; no mixup beside a metric
// loss; self-supervision with classification at most.
void CheckLosses(TableReader& in, const StageRecipe& stage);

// Features that are cached need a backbone that is frozen, and no mixup.
void CheckCachedFeatures(TableReader& in, const StageRecipe& stage);

// An embedding of its own needs a metric loss in some stage where it begins at random ("he").
// `init`: what network.init is or will be. Of weights that are read CheckInitialWeights judges.
void CheckEmbedding(TableReader& network, const Recipe& recipe, absl::string_view init);

// Whether some stage has a loss on the embedding, so that a layer of its own learns.
bool TrainsEmbedding(const Recipe& recipe);

}  // namespace lookbook
