#include "models/commands/study_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "models/recipe/effective_recipe.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class StudyPlanTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& backbone, int epochs,
                    const std::string& data = "") {
    EXPECT_THAT(WriteFile(dir_ / (name + ".toml"),
                          absl::StrCat("name = \"", name, "\"\n[data]\n", data,
                                       "\n[network]\nbackbone = \"", backbone,
                                       "\"\n[[stage]]\nname = \"s\"\nepochs = ", epochs, "\n")),
                IsOk());
    return dir_ / (name + ".toml");
  }
  absl::StatusOr<std::vector<PlannedRun>> Plan(const std::vector<std::string>& files,
                                               const RecipeOverrides& overrides = {}) {
    return PlanRuns(files, {.data = "d", .out = dir_ / "out"}, overrides);
  }
  // "name" of a run of its own, "name = other" of one that is not.
  static std::vector<std::string> Texts(const std::vector<PlannedRun>& runs) {
    std::vector<std::string> out;
    for (const PlannedRun& run : runs) {
      out.push_back(run.recipe.name);
      if (!run.same_as.empty()) absl::StrAppend(&out.back(), " = ", run.same_as);
    }
    return out;
  }

  TempDir dir_;
};

TEST_F(StudyPlanTest, AFolderStandsForItsRecipes) {
  Write("b", "resnet18", 1);
  Write("a", "resnet18", 1);
  EXPECT_THAT(*RecipeFiles({dir_ / "", "x.toml"}),
              ElementsAre(EndsWith("/a.toml"), EndsWith("/b.toml"), "x.toml"));
  EXPECT_THAT(RecipeFiles({}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(StudyPlanTest, OneGroupedRecipeGroupsAll) {
  const std::string plain = Write("a", "resnet18", 1);
  const std::string grouped = Write("b", "resnet18", 1, "group_near_duplicates = true");
  EXPECT_EQ(*AnyGroupsNearDuplicates({plain}), false);
  EXPECT_EQ(*AnyGroupsNearDuplicates({grouped, plain}), true);
}

TEST_F(StudyPlanTest, RecipesThatComeToTheSameAreOneRun) {
  const std::vector<std::string> files = {Write("a", "resnet18", 10), Write("b", "resnet50", 20),
                                          Write("c", "resnet50", 1)};
  LB_ASSERT_OK_AND_ASSIGN(std::vector<PlannedRun> runs, Plan(files));
  EXPECT_THAT(Texts(runs), ElementsAre("random_probe", "a", "b", "c"));
  LB_ASSERT_OK_AND_ASSIGN(
      runs, Plan(files, {.backbone = "small_cnn", .max_images = 320, .train_images = 64}));
  EXPECT_THAT(Texts(runs), ElementsAre("random_probe", "a", "b = a", "c"))
      << "c is shorter than the budget";
}

TEST_F(StudyPlanTest, ARandomNetworkIsARowOfEveryStudy) {
  const std::string file = Write("a", "resnet18", 10);
  LB_ASSERT_OK_AND_ASSIGN(std::vector<PlannedRun> runs, Plan({file}, {.backbone = "resnet18"}));
  ASSERT_THAT(Texts(runs), ElementsAre("random_probe", "a"));
  LB_ASSERT_OK_AND_ASSIGN(Recipe committed, LoadRecipe("models/recipes/random_probe.toml"));
  committed.network.backbone = "resnet18";
  EXPECT_EQ(EffectiveRecipe(runs[0].recipe), EffectiveRecipe(committed));
  EXPECT_TRUE(PathExists(runs[0].request.recipe));
  LB_ASSERT_OK_AND_ASSIGN(runs, Plan({file}, {.train_images = 50}));
  EXPECT_EQ(runs[0].recipe.stages[0].batch_size, 25) << "more than a small set has would fail";
  const std::string own = Write("random_probe", "resnet18", 3);
  LB_ASSERT_OK_AND_ASSIGN(runs, Plan({file, own}));
  ASSERT_THAT(Texts(runs), ElementsAre("a", "random_probe"));
  EXPECT_EQ(runs[1].recipe.stages[0].epochs, 3) << "the caller's";
}

TEST_F(StudyPlanTest, PairsNameTheRunsThatTrain) {
  const auto run = [](const std::string& name, const std::string& same_as) {
    return PlannedRun{.recipe = {.name = name}, .same_as = same_as};
  };
  const std::vector<PlannedRun> runs = {run("bce", ""), run("supcon", "bce"), run("triplet", ""),
                                        run("study_triplet", ""), run("asl", "study_triplet")};
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<StudyPair> pairs,
                          PlanPairs(runs, {"supcon:triplet", "asl:triplet", "triplet:supcon"}));
  std::vector<std::string> texts;
  for (const StudyPair& pair : pairs) texts.push_back(pair.a + ":" + pair.b);
  EXPECT_THAT(texts, ElementsAre("bce:triplet", "bce:study_triplet", "study_triplet:triplet",
                                 "triplet:bce"));
  EXPECT_THAT(PlanPairs(runs, {"bce:supcon"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the same run")));
}

// What two networks differ by is not what a question is about.
TEST(PlanPairsTest, QuestionsAreAskedOfOneNetwork) {
  std::vector<PlannedRun> runs(3);
  runs[0].recipe.name = "random_probe";
  runs[1].recipe.name = "resnet50_frozen";
  runs[2].recipe.name = "ssl_rotation";
  runs[0].recipe.network.backbone = runs[2].recipe.network.backbone = "mobilenet_v2";
  runs[1].recipe.network.backbone = "resnet50";
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<StudyPair> pairs,
                          PlanPairs(runs, {"resnet50_frozen:ssl_rotation"}));
  std::vector<std::string> texts;
  for (const StudyPair& pair : pairs) texts.push_back(pair.a + ":" + pair.b);
  EXPECT_THAT(texts, ElementsAre("random_probe:ssl_rotation", "resnet50_frozen:ssl_rotation"))
      << "but for what the caller asks";
}

}  // namespace
}  // namespace lookbook
