// What the recipes of models/recipes must have in common, so that the rows of a study can be
// compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "models/recipe/effective_recipe.h"
#include "models/recipe/recipe.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

Recipe Committed(const std::string& name) {
  const absl::StatusOr<Recipe> recipe = LoadRecipe(absl::StrCat("models/recipes/", name, ".toml"));
  EXPECT_THAT(recipe, IsOk());
  return recipe.value_or(Recipe{});
}

// All that decides the recipe's last stage, but what the guard does about it.
std::string ProbeOf(const std::string& name) {
  const Recipe recipe = Committed(name);
  EXPECT_FALSE(recipe.stages.empty()) << name;
  if (recipe.stages.empty()) return "";
  Recipe probe{.stages = {recipe.stages.back()}};
  EXPECT_EQ(probe.stages[0].freeze, "backbone") << name;
  EXPECT_TRUE(probe.stages[0].cache_features) << name;
  probe.stages[0].guard = {};
  return EffectiveRecipe(probe);
}

// A probe that trains longer, or for something else, says nothing of the features under it.
TEST(CommittedRecipesTest, FrozenFeaturesAreAllProbedTheSame) {
  const std::string probe = ProbeOf("random_probe");
  EXPECT_EQ(ProbeOf("ssl_rotation"), probe);
  EXPECT_EQ(ProbeOf("resnet50_frozen"), probe);
}

}  // namespace
}  // namespace lookbook
