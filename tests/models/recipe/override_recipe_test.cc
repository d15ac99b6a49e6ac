#include "models/recipe/override_recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "models/recipe/effective_recipe.h"
#include "models/recipe/recipe.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kRecipe[] = R"(# A comment.
name = "r"
seed = 3
[data]
split = "random 80/20"
image_size = 128
[network]
backbone = "mobilenet_v2"
width = 0.5
init = "weights/m.pth"
[[stage]]
name = "head"
epochs = 4
batch_size = 32
freeze = "backbone"
cache_features = true
[[stage]]
name = "all"
epochs = 6
batch_size = 32
loss = ["bce", { name = "supcon", tau = 0.2 }]
optimizer = { name = "adam", lr = 5e-4 }
[[stage]]
name = "last"
steps = 100
batch_size = 64
)";

// The lines of the effective settings that are not the same.
std::vector<std::string> Changed(const std::string& before, const std::string& after) {
  const auto lines = [](const std::string& toml) {
    return std::vector<std::string>(
        absl::StrSplit(EffectiveRecipe(*ParseRecipe(toml, "r.toml")), '\n', absl::SkipEmpty()));
  };
  const std::vector<std::string> old = lines(before);
  std::vector<std::string> out;
  for (const std::string& line : lines(after)) {
    if (std::find(old.begin(), old.end(), line) == old.end()) out.push_back(line);
  }
  return out;
}

std::string Override(const RecipeOverrides& overrides, const std::string& recipe = kRecipe) {
  const absl::StatusOr<std::string> out = OverrideRecipe(recipe, "r.toml", overrides);
  EXPECT_THAT(out, IsOk());
  return out.value_or("");
}

TEST(OverrideRecipeTest, NothingToChangeLeavesTheTextAsItIs) { EXPECT_EQ(Override({}), kRecipe); }

TEST(OverrideRecipeTest, ReplacesWhatIsNamedAndNothingElse) {
  const std::string text = Override({.backbone = "small_cnn",
                                     .pretrained = "bundle:out/garments",
                                     .image_size = 64,
                                     .split = "all",
                                     .group_near_duplicates = true,
                                     .holdout_csv = "holdout.csv",
                                     .seed = 9});
  EXPECT_THAT(Changed(kRecipe, text),
              ElementsAre("seed = 9", "data.holdout_csv = holdout.csv", "data.split = all",
                          "data.group_near_duplicates = 1", "data.image_size = 64",
                          "network.backbone = small_cnn", "network.width = 1",
                          "network.init = bundle:out/garments"));
  EXPECT_THAT(text, AllOf(HasSubstr("# Recipe \"r\" with these settings replaced:"),
                          HasSubstr("#   network.backbone = small_cnn\n"),
                          HasSubstr("#   data.image_size = 64\n")));
}

TEST(OverrideRecipeTest, ASetWithoutAHoldoutTakesTheKeyAway) {
  const std::string recipe =
      "name = \"r\"\n[data]\nholdout_csv = \"h.csv\"\n[[stage]]\nname = \"s\"\nsteps = 1\n";
  const std::string text = Override({.holdout_csv = ""}, recipe);
  EXPECT_THAT(Changed(recipe, text), ElementsAre("data.holdout_csv = "));
  EXPECT_THAT(text, HasSubstr("#   no data.holdout_csv\n"));
  EXPECT_EQ(Override({.holdout_csv = ""}), kRecipe) << "there was none";
}

TEST(OverrideRecipeTest, ARandomStartStaysOne) {
  const std::string he = "name = \"r\"\n[[stage]]\nname = \"s\"\nsteps = 1\n";
  EXPECT_EQ(Override({.pretrained = "bundle:out/garments"}, he), he);
}

TEST(OverrideRecipeTest, FirstWeightsOfItsOwnReplaceAnyStart) {
  const std::string he = "name = \"r\"\n[[stage]]\nname = \"s\"\nsteps = 1\n";
  const RecipeOverrides both = {.init = "bundle:out/mine", .pretrained = "bundle:out/garments"};
  EXPECT_THAT(Changed(he, Override(both, he)), ElementsAre("network.init = bundle:out/mine"));
  EXPECT_THAT(Changed(kRecipe, Override(both)), ElementsAre("network.init = bundle:out/mine"));
}

TEST(OverrideRecipeTest, EpochsReplaceSteps) {
  EXPECT_THAT(Changed(kRecipe, Override({.epochs = 1})),
              ElementsAre("stage[0].epochs = 1", "stage[1].epochs = 1", "stage[2].epochs = 1",
                          "stage[2].steps = 0"));
}

// 6 epochs of 1,600 and 100 steps of 64 are 16,000 looks; the head looks at none.
TEST(OverrideRecipeTest, ABudgetCutsEveryStageByTheSameShare) {
  EXPECT_THAT(Changed(kRecipe, Override({.max_images = 4000, .train_images = 1600})),
              ElementsAre("stage[1].epochs = 0", "stage[1].steps = 75", "stage[2].steps = 25"));
  EXPECT_EQ(Override({.max_images = 16000, .train_images = 1600}), kRecipe);
  EXPECT_THAT(Changed(kRecipe, Override({.max_images = 1, .train_images = 1600})),
              ElementsAre("stage[1].epochs = 0", "stage[1].steps = 1", "stage[2].steps = 1"));
}

TEST(OverrideRecipeTest, TextsStayWhateverStandsInThem) {
  const std::string recipe = R"(name = "r"
data.root = "\n'''a\"\u0001'"
[[stage]]
name = "s"
steps = 1
)";
  const absl::StatusOr<Recipe> changed = ParseRecipe(Override({.seed = 9}, recipe), "r.toml");
  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(changed->data.root, "\n'''a\"\x01'");
}

TEST(OverrideRecipeTest, WhereItComputesIsALineAndNothingElseChanges) {
  const std::string text = Override({.device = "cuda", .precision = "bf16"});
  EXPECT_EQ(text, absl::StrCat("device = \"cuda\"\nprecision = \"bf16\"\n", kRecipe));
  EXPECT_THAT(Changed(kRecipe, text),
              ElementsAre("device = cuda", "precision = bf16", "data.augment.backend = batch"));
  EXPECT_THAT(Changed(kRecipe, Override({.seed = 9, .precision = "bf16"})),
              ElementsAre("seed = 9", "precision = bf16"));
  EXPECT_THAT(OverrideRecipe(kRecipe, "r.toml", {.precision = "tf32"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("cuda")));
}

TEST(OverrideRecipeTest, WhatIsNoRecipeBeforeOrAfterIsRefused) {
  EXPECT_THAT(OverrideRecipe("nonsense = 1\n", "r.toml", {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("r.toml:1")));
  EXPECT_THAT(OverrideRecipe(kRecipe, "r.toml", {.backbone = "vgg"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("vgg")));
}

}  // namespace
}  // namespace lookbook
