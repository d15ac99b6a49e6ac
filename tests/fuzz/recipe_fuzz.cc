// Recipes in TOML: reading, what they come to, and changing them.
#include <cstdio>
#include <string>

#include "absl/strings/match.h"
#include "base/toml_depth.h"
#include "models/recipe/effective_recipe.h"
#include "models/recipe/override_recipe.h"
#include "models/recipe/recipe.h"
#include "tests/fuzz/fuzz_target.h"

namespace lookbook {
namespace {

constexpr char kFile[] = "fuzz.toml";

void RequireSound(const Recipe& recipe) {
  Require(!recipe.name.empty() && !recipe.stages.empty(), "a recipe has a name and stages");
  Require(recipe.data.image_size >= 16 && recipe.data.image_size <= 512, "pictures have a size");
  Require(recipe.network.width >= 0.1 && recipe.network.width <= 4, "the width is in its range");
  for (const StageRecipe& stage : recipe.stages) {
    Require((stage.epochs > 0) != (stage.steps > 0), "a stage has epochs or steps");
    Require(!stage.losses.empty() && stage.batch_size >= 2, "a stage trains");
    Require(stage.optimizer.lr >= 1e-8 && stage.optimizer.lr <= 10, "rates are in their range");
    for (const LossRecipe& loss : stage.losses) {
      Require(loss.weight >= 0 && loss.weight <= 1000, "weights are in their range");
    }
  }
  Require(absl::StrContains(EffectiveRecipe(recipe), "stage[0]."), "every stage is spelled out");
}

// Settings that suit every recipe.
void RequireChangeable(const Recipe& recipe) {
  // The head of a changed recipe has some dots of its own.
  if (!CheckTomlDepth(recipe.text + std::string(100, '.'), kFile).ok()) return;
  RecipeOverrides overrides;
  overrides.seed = 7;
  overrides.epochs = 1;
  overrides.split = "all";
  const absl::StatusOr<std::string> changed = OverrideRecipe(recipe.text, kFile, overrides);
  if (!changed.ok()) std::fprintf(stderr, "%s\n", changed.status().ToString().c_str());
  Require(changed.ok(), "a recipe can be changed");
  const absl::StatusOr<Recipe> again = ParseRecipe(*changed, kFile);
  Require(again.ok() && again->stages.size() == recipe.stages.size(), "the change is a recipe");
  Require(again->seed == 7 && again->stages[0].epochs == 1 && again->data.split == "all",
          "it has the new settings");
  Require(again->data.root == recipe.data.root && again->data.csv == recipe.data.csv,
          "and the old ones, whatever stands in them");
}

void Check(absl::string_view toml) {
  const absl::StatusOr<Recipe> recipe = ParseRecipe(toml, kFile);
  if (recipe.ok()) {
    RequireSound(*recipe);
    return RequireChangeable(*recipe);
  }
  RequireCode(recipe.status(), absl::StatusCode::kInvalidArgument);
  Require(absl::StartsWith(recipe.status().message(), "fuzz.toml:"), "a refusal names the place");
}

}  // namespace
}  // namespace lookbook

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lookbook::Check(lookbook::AsText(data, size));
  return 0;
}
