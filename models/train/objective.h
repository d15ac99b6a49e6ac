// What a stage minimises.
#pragma once

#include <torch/types.h>

#include <vector>

#include "models/dataset/loader.h"
#include "models/nn/embedder_net.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// Sum of the terms, each times its weight. A "bce" term is the classes' BCE plus attribute_weight
// times the attributes' BCE over the images whose attributes are known, where the network scores
// attributes. Differentiable in the logits. REQUIRES: every term is "bce" (the recipe's reader sees
// to it).
torch::Tensor Objective(const NetworkOutput& output, const Batch& batch,
                        const std::vector<LossRecipe>& losses);

}  // namespace lookbook
