// From a recipe's [network] to a network with its first weights.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "models/nn/embedder_net.h"
#include "models/recipe/recipe.h"
#include "models/train/initial_weights.h"

namespace lookbook {

NetworkSpec SpecOf(const NetworkRecipe& recipe, int classes, int attributes);

// Errors of the next two begin "network.init: ", but for that of an embedding.

// What network.init asks for. "he": nothing, and an empty report. A path: LoadInitialWeights.
// "bundle:…": LoadInitialWeights of `bundle_model`, the bundle's model.ts, which the caller has
// found and checked; InvalidArgument where that is empty.
absl::StatusOr<InitReport> InitializeWeights(const NetworkRecipe& recipe,
                                             const std::string& bundle_model, EmbedderNet net);

// Whether InitializeWeights would do for a network of `classes`: reads all of the file into one
// that is thrown away. InvalidArgument "network.embedding: …": the recipe's embedding has a layer
// of its own, which the file does not bring in that shape and no stage trains.
absl::Status CheckInitialWeights(const Recipe& recipe, const std::string& bundle_model,
                                 int classes);

}  // namespace lookbook
