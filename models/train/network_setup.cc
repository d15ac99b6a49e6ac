#include "models/train/network_setup.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/prefix.h"
#include "base/status_macros.h"

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
  const bool bundle = absl::StartsWith(recipe.init, kBundleInit);
  if (bundle && bundle_model.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("network.init: no bundle was opened for \"", recipe.init, "\""));
  }
  absl::StatusOr<InitReport> report =
      LoadInitialWeights(bundle ? bundle_model : recipe.init, std::move(net));
  if (report.ok()) return report;
  return WithPrefix("network.init", report.status());
}

absl::Status CheckInitialWeights(const NetworkRecipe& recipe, const std::string& bundle_model,
                                 int classes) {
  if (recipe.init == "he") return absl::OkStatus();
  LB_ASSIGN_OR_RETURN(EmbedderNet net, MakeNetwork(SpecOf(recipe, classes, /*attributes=*/0)));
  return InitializeWeights(recipe, bundle_model, std::move(net)).status();
}

}  // namespace lookbook
