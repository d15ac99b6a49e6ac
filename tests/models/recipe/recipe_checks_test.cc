#include "models/recipe/recipe_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// Lines 1 to 3 and then `stage`, which begins in line 4.
absl::StatusOr<Recipe> WithStage(const std::string& stage, const std::string& network = "") {
  return ParseRecipe(absl::StrCat("name = \"r\"\n[[stage]]\nname = \"s\"\n", stage,
                                  "\nsteps = 1\n[network]\n", network, "\n"),
                     "r.toml");
}

auto Refused(const std::string& where) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(where));
}

TEST(RecipeChecksTest, LossesOfViewsShareOneProjectorsShape) {
  EXPECT_THAT(
      WithStage("loss = [{ name = \"dcl\", hidden = 64 }, { name = \"vicreg\", hidden = 64 }]"),
      IsOk());
  EXPECT_THAT(WithStage("loss = [\"dcl\", \"rotation\"]"), IsOk());
  EXPECT_THAT(WithStage("loss = [{ name = \"dcl\", dim = 64 }, { name = \"vicreg\", dim = 256 }]"),
              Refused("r.toml:4: stage[0].loss: \"dcl\" and \"vicreg\" share one projector"));
  EXPECT_THAT(WithStage("loss = [{ name = \"dcl\", hidden = 64 }, \"vicreg\"]"),
              Refused("hidden 64 and 512, dim 128 and 128 must be the same"));
}

TEST(RecipeChecksTest, ASamplerOfPairsServesOneRule) {
  const std::string pairs = "sampler = { name = \"pairs\" }\n";
  const std::string two =
      "loss = [{ name = \"triplet\", pairs = \"study\" }, { name = \"angular\" }]";
  EXPECT_THAT(WithStage(absl::StrCat(pairs, two)),
              Refused("r.toml:4: stage[0].sampler: \"pairs\" cannot serve two rules"));
  EXPECT_THAT(WithStage(two), IsOk()) << "random batches follow no rule";
  EXPECT_THAT(WithStage(absl::StrCat(pairs, "loss = [\"triplet\", \"angular\", \"supcon\"]")),
              IsOk());
}

TEST(RecipeChecksTest, AnEmbeddingThatNothingTrainsIsRefused) {
  const std::string embedding = "embedding = { dim = 8 }";
  const auto refused = Refused("r.toml:7: network.embedding: no stage has a loss on the embedding");
  EXPECT_THAT(WithStage("loss = [\"bce\"]", embedding), refused);
  EXPECT_THAT(WithStage("loss = [\"dcl\"]", embedding), refused);
  EXPECT_THAT(WithStage("loss = [\"bce\", { name = \"supcon\", weight = 0 }]", embedding), refused);
  EXPECT_THAT(WithStage("loss = [\"supcon\"]", embedding), IsOk());
  EXPECT_THAT(WithStage("loss = [\"bce\"]", "embedding = \"pooled\""), IsOk());
}

// Weights may bring a trained one; what they hold is not known here.
TEST(RecipeChecksTest, AnEmbeddingThatWeightsMayBringIsNotRefusedHere) {
  for (const char* init : {"bundle:out/quick/bundles", "weights.pth"}) {
    const std::string network = absl::StrCat("embedding = { dim = 8 }\ninit = \"", init, "\"");
    EXPECT_THAT(WithStage("loss = [\"bce\"]", network), IsOk()) << init;
  }
}

// Of the init that a flag puts in the place of the file's, either way.
TEST(RecipeChecksTest, TheEmbeddingIsJudgedByTheInitThatCounts) {
  const std::string begin =
      "name = \"r\"\n[[stage]]\nname = \"s\"\nloss = [\"bce\"]\nsteps = 1\n[network]\n"
      "embedding = { dim = 8 }\ninit = ";
  EXPECT_THAT(ParseRecipe(begin + "\"he\"", "r.toml", "weights.pth"), IsOk());
  EXPECT_THAT(ParseRecipe(begin + "\"weights.pth\"", "r.toml", "he"),
              Refused("r.toml:7: network.embedding: "));
}

}  // namespace
}  // namespace lookbook
