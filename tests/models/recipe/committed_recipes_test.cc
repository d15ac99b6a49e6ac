// What the recipes of models/recipes must have in common, so that the rows of a study can be
// compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "models/recipe/effective_recipe.h"
#include "models/recipe/recipe.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// Ours that stand in one table.
std::vector<std::string> Compared() {
  return absl::StrSplit(
      "quick quick_bce bce supcon triplet graded angular asl random_probe ssl_rotation "
      "ssl_finetune resnet18_scratch resnet50_scratch resnet50_frozen resnet50_finetune "
      "mobilenet_v2_scratch mobilenet_v2_pretrained lp_ft_asl",
      ' ');
}

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

// The networks and objectives that a study lines up, ours and where the earlier study had one
// theirs.
TEST(CommittedRecipesTest, EveryRowOfTheStudyHasARecipe) {
  for (const std::string& name : Compared()) EXPECT_EQ(Committed(name).name, name);
  for (const std::string name :
       {"resnet50_scratch", "resnet18_scratch", "resnet50_frozen", "resnet50_finetune",
        "mobilenet_v2_scratch", "mobilenet_v2_pretrained", "triplet", "ssl_rotation"})
    EXPECT_EQ(Committed("study/" + name).name, "study_" + name);
}

// What is to be said of a loss must not come from anything else.
TEST(CommittedRecipesTest, AslIsBceWithAnotherLoss) {
  Recipe bce = Committed("bce"), asl = Committed("asl");
  ASSERT_EQ(bce.stages.size(), asl.stages.size());
  for (size_t i = 0; i < bce.stages.size(); ++i) {
    ASSERT_THAT(asl.stages[i].losses, ::testing::SizeIs(1));
    EXPECT_EQ(asl.stages[i].losses[0].name, "asl");
    EXPECT_EQ(bce.stages[i].losses[0].name, "bce");
    asl.stages[i].losses = bce.stages[i].losses;
  }
  asl.name = bce.name;
  EXPECT_EQ(EffectiveRecipe(asl), EffectiveRecipe(bce));
}

// Attributes at full weight cost the classes several points: rows that weigh them differently
// differ by that.
TEST(CommittedRecipesTest, ComparedRowsWeighAttributesTheSame) {
  for (const std::string& name : Compared()) {
    int losses = 0;
    for (const StageRecipe& stage : Committed(name).stages) {
      for (const LossRecipe& loss : stage.losses) {
        if (loss.kind() != LossKind::kClassification) continue;
        ++losses;
        EXPECT_EQ(loss.classification.attribute_weight, 0.1) << name << ", " << stage.name;
      }
    }
    EXPECT_GT(losses, 0) << name;
  }
}

}  // namespace
}  // namespace lookbook
