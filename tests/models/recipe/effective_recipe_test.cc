#include "models/recipe/effective_recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRecipe[] = R"(name = "m"
seed = 7
[data]
root = "d"
[[stage]]
name = "all"
steps = 10
loss = [{ name = "bce", weight = 1.0 }, { name = "triplet", margin = 0.2 }]
optimizer = { name = "adamw", lr = 1e-3 }
)";

std::string TextOf(const std::string& toml) {
  const absl::StatusOr<Recipe> recipe = ParseRecipe(toml, "m.toml");
  EXPECT_THAT(recipe, IsOk());
  return EffectiveRecipe(*recipe);
}

std::string With(absl::string_view from, absl::string_view to) {
  const std::string changed = absl::StrReplaceAll(kRecipe, {{from, to}});
  EXPECT_NE(changed, kRecipe);
  return TextOf(changed);
}

TEST(EffectiveRecipeTest, DefaultsAreSpelledOut) {
  const std::string text = TextOf(kRecipe);
  EXPECT_THAT(text, HasSubstr("stage[0].optimizer.weight_decay = 0.05\n"));
  EXPECT_THAT(text, HasSubstr("stage[0].loss[1].miner = batch_all\n"));
  EXPECT_THAT(text, HasSubstr("stage[0].keep = ndcg_at_10\n"));
  EXPECT_THAT(text, Not(HasSubstr("momentum"))) << "only what the optimizer reads";
  EXPECT_THAT(text, Not(HasSubstr("tau"))) << "only what the losses read";
}

TEST(EffectiveRecipeTest, NamesCommentsAndPlacesDoNotMatter) {
  EXPECT_EQ(With("name = \"m\"", "# A comment.\nname = \"other\""), TextOf(kRecipe));
  EXPECT_EQ(With("root = \"d\"", "root = \"elsewhere\""), TextOf(kRecipe));
  EXPECT_EQ(With("name = \"all\"", "name = \"first\""), TextOf(kRecipe));
  EXPECT_EQ(With("weight = 1.0", "weight = 1"), TextOf(kRecipe));
  EXPECT_EQ(With("seed = 7", "seed = 7\nkeep_checkpoints = \"every_epoch\""), TextOf(kRecipe));
}

TEST(EffectiveRecipeTest, WhatDecidesATrainingMatters) {
  EXPECT_NE(With("seed = 7", "seed = 8"), TextOf(kRecipe));
  EXPECT_NE(With("margin = 0.2", "margin = 0.1"), TextOf(kRecipe));
  EXPECT_NE(With("steps = 10", "epochs = 10"), TextOf(kRecipe));
  EXPECT_NE(With("root = \"d\"", "group_near_duplicates = true"), TextOf(kRecipe));
  EXPECT_NE(With("adamw", "adam"), TextOf(kRecipe));
  EXPECT_NE(With("root = \"d\"", "augment = { hue = 0.1 }"), TextOf(kRecipe));
  EXPECT_NE(With("root = \"d\"", "augment = { grayscale = 0.1 }"), TextOf(kRecipe));
  EXPECT_NE(With("root = \"d\"", "root = \"d\"\nimage_size = 64"), TextOf(kRecipe));
}

// Every file of models/recipes loads, bears its file's name, and no two train the same.
TEST(EffectiveRecipeTest, CommittedRecipesLoadAndDiffer) {
  std::map<std::string, std::string> seen;
  for (const std::string folder : {"models/recipes", "models/recipes/study"}) {
    LB_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> files, ListDirectory(folder));
    for (const std::string& file : files) {
      if (!absl::EndsWith(file, ".toml")) continue;
      LB_ASSERT_OK_AND_ASSIGN(const Recipe recipe, LoadRecipe(JoinPath(folder, file)));
      const char* prefix = absl::EndsWith(folder, "study") ? "study_" : "";
      EXPECT_EQ(absl::StrCat(recipe.name, ".toml"), absl::StrCat(prefix, file));
      const auto [other, is_new] = seen.emplace(EffectiveRecipe(recipe), recipe.name);
      EXPECT_TRUE(is_new) << recipe.name << " and " << other->second << " train the same";
    }
  }
  EXPECT_GE(seen.size(), 22u);
}

}  // namespace
}  // namespace lookbook
