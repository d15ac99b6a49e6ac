#include "models/train/network_setup.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/prefix.h"
#include "base/status_macros.h"
#include "models/recipe/recipe_checks.h"

namespace lookbook {
namespace {

// Not its count of batches, which nothing is computed from.
bool IsEmbeddingWeight(const std::string& name) {
  return absl::StartsWith(name, "embedding.") && !absl::EndsWith(name, ".num_batches_tracked");
}

}  // namespace

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

absl::Status CheckInitialWeights(const Recipe& recipe, const std::string& bundle_model,
                                 int classes) {
  const NetworkRecipe& network = recipe.network;
  if (network.init == "he") return absl::OkStatus();  // The recipe's reader has judged that.
  LB_ASSIGN_OR_RETURN(EmbedderNet net, MakeNetwork(SpecOf(network, classes, /*attributes=*/0)));
  LB_ASSIGN_OR_RETURN(const InitReport report,
                      InitializeWeights(network, bundle_model, std::move(net)));
  if (TrainsEmbedding(recipe)) return absl::OkStatus();
  const auto missing =
      std::find_if(report.missing.begin(), report.missing.end(), IsEmbeddingWeight);
  if (missing == report.missing.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("network.embedding: network.init \"", network.init, "\" brings no ", *missing,
                   " for dim ", network.embedding_dim,
                   ", and no stage has a loss on the embedding, which would stay random: "
                   "take \"pooled\", add one, or name an init that brings it"));
}

}  // namespace lookbook
