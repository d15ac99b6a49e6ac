// What the recipes of models/recipes must have in common, so that the rows of a study can be
// compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/files.h"
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

// All that is done to training pictures, whichever back end does it.
std::string AugmentOf(const std::string& name) {
  Recipe changes{.data = {.augment = Committed(name).data.augment}};
  changes.data.augment.backend = "image";
  return EffectiveRecipe(changes);
}

// A twin that sees other pictures differs by that.
TEST(CommittedRecipesTest, TwinsChangePicturesTheSame) {
  const std::vector<std::vector<std::string>> groups = {
      {"bce", "supcon", "triplet", "graded", "angular", "asl", "lp_ft_asl", "resnet18_scratch",
       "resnet50_scratch", "resnet50_finetune", "mobilenet_v2_scratch", "mobilenet_v2_pretrained",
       "gpu_mobilenet_v2", "gpu_resnet50"},
      {"quick", "quick_bce"},
      {"ssl_rotation", "ssl_finetune"}};
  for (const std::vector<std::string>& group : groups) {
    for (const std::string& name : group) EXPECT_EQ(AugmentOf(name), AugmentOf(group[0])) << name;
  }
}

// The earlier study's numbers are of plain pictures.
TEST(CommittedRecipesTest, TheStudysRecipesChangeNoPicture) {
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> files,
                          ListDirectory("models/recipes/study"));
  for (const std::string& file : files) {
    const std::string name = absl::StrCat("study/", absl::StripSuffix(file, ".toml"));
    const AugmentRecipe augment = Committed(name).data.augment;
    EXPECT_EQ(augment.color + augment.hue + augment.grayscale, 0) << name;
    EXPECT_EQ(augment.flip + augment.erase + augment.rotate_degrees, 0) << name;
    EXPECT_EQ(augment.crop_scale_min, 1) << name;
  }
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
