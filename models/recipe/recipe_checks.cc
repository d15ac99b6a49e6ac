#include "models/recipe/recipe_checks.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

// Losses of views share one projector.
void CheckProjector(TableReader& in, const StageRecipe& stage) {
  const LossRecipe* first = nullptr;
  for (const LossRecipe& loss : stage.losses) {
    if (!ComparesViews(loss)) continue;
    if (first == nullptr) first = &loss;
    const SelfSupervisedRecipe &a = first->self_supervised, &b = loss.self_supervised;
    if (a.hidden == b.hidden && a.dim == b.dim) continue;
    return in.Fail("loss",
                   absl::StrCat("\"", first->name, "\" and \"", loss.name,
                                "\" share one projector: hidden ", a.hidden, " and ", b.hidden,
                                ", dim ", a.dim, " and ", b.dim, " must be the same"));
  }
}

// The sampler's partners are one rule's positives.
void CheckPartners(TableReader& in, const StageRecipe& stage) {
  if (stage.sampler.name != "pairs") return;
  const LossRecipe* first = nullptr;
  for (const LossRecipe& loss : stage.losses) {
    if (!HasPairRule(loss)) continue;
    if (first == nullptr) first = &loss;
    if (first->pairs == loss.pairs) continue;
    return in.Fail("sampler", absl::StrCat("\"pairs\" cannot serve two rules: give \"", first->name,
                                           "\" and \"", loss.name, "\" the same pair keys"));
  }
}

bool ActsOnEmbedding(const LossRecipe& loss) {
  return loss.kind() == LossKind::kMetric && loss.weight > 0;
}

}  // namespace

void CheckLosses(TableReader& in, const StageRecipe& stage) {
  std::set<std::string> names;
  for (const LossRecipe& loss : stage.losses) {
    if (!names.insert(loss.name).second)
      return in.Fail("loss", absl::StrCat("\"", loss.name, "\" stands twice"));
  }
  CheckProjector(in, stage);
  CheckPartners(in, stage);
  if (!in.ok()) return;
  const bool metric = stage.Has(LossKind::kMetric);
  if (metric && stage.mixup > 0)
    return in.Fail("mixup", "a mixed image has no partners: leave it out beside a metric loss");
  if (stage.Has(LossKind::kSelfSupervised) && (metric || stage.mixup > 0 || !stage.freeze.empty()))
    return in.Fail("loss",
                   "self-supervision excludes metric losses, mixup and freeze in its stage");
}

void CheckCachedFeatures(TableReader& in, const StageRecipe& stage) {
  if (!stage.cache_features) return;
  if (stage.freeze != "backbone")
    return in.Fail("cache_features", "only a backbone that is frozen has features that last");
  if (stage.mixup > 0) in.Fail("mixup", "blends images, and cache_features has none");
}

bool TrainsEmbedding(const Recipe& recipe) {
  return std::any_of(recipe.stages.begin(), recipe.stages.end(), [](const StageRecipe& stage) {
    return std::any_of(stage.losses.begin(), stage.losses.end(), ActsOnEmbedding);
  });
}

void CheckEmbedding(TableReader& network, const Recipe& recipe, absl::string_view init) {
  if (recipe.network.embedding_dim == 0 || init != "he" || TrainsEmbedding(recipe)) return;
  network.Fail("embedding",
               "no stage has a loss on the embedding (triplet, graded, angular or supcon), which "
               "would stay random: take \"pooled\", add one, or name an init that brings it");
}

}  // namespace lookbook
