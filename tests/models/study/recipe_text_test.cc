#include "models/study/recipe_text.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

StageRecipe Stage(int epochs, int64_t steps, std::vector<std::string> losses,
                  const std::string& freeze = "") {
  StageRecipe out{.epochs = epochs, .steps = steps, .freeze = freeze};
  out.losses.clear();
  for (const std::string& name : losses) EXPECT_TRUE(LossOfName(name, &out.losses.emplace_back()));
  return out;
}

TEST(RecipeTextTest, LossesOfEveryStageWithWhatTellsThemApart) {
  Recipe recipe;
  recipe.stages = {Stage(1, 0, {"bce"}, "backbone"), Stage(1, 0, {"bce", "supcon"}),
                   Stage(1, 0, {"triplet"}), Stage(1, 0, {"angular"}),
                   Stage(1, 0, {"dcl", "rotation"})};
  recipe.stages[2].losses[0].triplet.margin = 0;
  EXPECT_EQ(LossText(recipe),
            "bce frozen -> bce + supcon(jaccard) -> triplet(batch_all, m=0) -> angular(45) -> "
            "dcl + rotation");
  recipe.stages = {Stage(1, 0, {"angular"})};
  recipe.stages[0].losses[0].angular.npair = 0.5;
  EXPECT_EQ(LossText(recipe), "angular(45, N-pair)");
}

TEST(RecipeTextTest, LengthsInTheirUnits) {
  Recipe recipe;
  recipe.stages = {Stage(6, 0, {"bce"}), Stage(4, 0, {"bce"})};
  EXPECT_EQ(LengthText(recipe), "6 + 4 epochs");
  recipe.stages.push_back(Stage(0, 500, {"bce"}));
  EXPECT_EQ(LengthText(recipe), "6 + 4 epochs + 500 steps");
  recipe.stages = {Stage(0, 1600, {"bce"})};
  EXPECT_EQ(LengthText(recipe), "1600 steps");
}

TEST(RecipeTextTest, WhereTheWeightsCameFrom) {
  Recipe recipe;
  EXPECT_EQ(InitText(recipe), "He");
  recipe.network.init = "weights/resnet50.pth";
  EXPECT_EQ(InitText(recipe), "file resnet50.pth");
  recipe.network.init = "bundle:out/garments_small_cnn/bundles";
  EXPECT_EQ(InitText(recipe), "bundle garments_small_cnn");
  recipe.network.init = "bundle:out/garments/";
  EXPECT_EQ(InitText(recipe), "bundle garments");
}

}  // namespace
}  // namespace lookbook
