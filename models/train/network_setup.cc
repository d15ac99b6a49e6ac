#include "models/train/network_setup.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lookbook {

NetworkSpec SpecOf(const NetworkRecipe& recipe, int classes, int attributes) {
  return {.backbone = recipe.backbone,
          .classes = classes,
          .attributes = attributes,
          .width = recipe.width,
          .head = recipe.head,
          .embedding_dim = recipe.embedding_dim};
}

absl::StatusOr<InitReport> InitializeWeights(const NetworkRecipe& recipe,
                                             const std::string& bundle_model, EmbedderNet net) {
  if (recipe.init == "he") return InitReport{};
  if (!absl::StartsWith(recipe.init, kBundleInit)) {
    return LoadInitialWeights(recipe.init, std::move(net));
  }
  if (bundle_model.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("network.init \"", recipe.init, "\": no bundle was opened for it"));
  }
  return LoadInitialWeights(bundle_model, std::move(net));
}

}  // namespace lookbook
