#include "models/recipe/loss_recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

absl::StatusOr<LossRecipe> Read(const std::string& text) {
  toml::table table;
  absl::Status status = ParseToml(text, "x.toml", &table);
  if (!status.ok()) return status;
  LossRecipe loss;
  TableReader reader(table, "", "x.toml", &status);
  ReadLoss(reader, &loss);
  reader.Finish();
  if (!status.ok()) return status;
  return loss;
}

TEST(LossRecipeTest, EveryKnownLossReadsWithItsNameAlone) {
  for (const absl::string_view name : absl::StrSplit(KnownLosses(), ", ")) {
    LB_ASSERT_OK_AND_ASSIGN(const LossRecipe loss, Read(absl::StrCat("name = \"", name, "\"")));
    EXPECT_EQ(loss.name, name);
    EXPECT_EQ(loss.weight, 1);
    LossRecipe by_name;
    EXPECT_TRUE(LossOfName(name, &by_name));
    EXPECT_EQ(by_name.kind(), loss.kind());
  }
}

TEST(LossRecipeTest, KindsAreWhatTheyLearnFrom) {
  const auto kind = [](const std::string& name) { return LossRecipe{.name = name}.kind(); };
  EXPECT_EQ(kind("bce"), LossKind::kClassification);
  EXPECT_EQ(kind("asl"), LossKind::kClassification);
  EXPECT_EQ(kind("graded"), LossKind::kMetric);
  EXPECT_EQ(kind("supcon"), LossKind::kMetric);
  EXPECT_EQ(kind("vicreg"), LossKind::kSelfSupervised);
  EXPECT_EQ(kind("rotation"), LossKind::kSelfSupervised);
}

TEST(LossRecipeTest, KeysArriveInTheirMembers) {
  LB_ASSERT_OK_AND_ASSIGN(
      const LossRecipe bce,
      Read("name = \"bce\"\npos_weight = true\nclass_balanced = 0.99\nsmoothing = 0.1"));
  EXPECT_TRUE(bce.classification.pos_weight);
  EXPECT_EQ(bce.classification.class_balanced, 0.99);
  EXPECT_EQ(bce.classification.smoothing, 0.1);
  LB_ASSERT_OK_AND_ASSIGN(const LossRecipe asl,
                          Read("name = \"asl\"\ngamma_neg = 2\ngamma_pos = 0\nclip = 0.1"));
  EXPECT_EQ(asl.classification.gamma_neg, 2);
  EXPECT_EQ(asl.classification.gamma_pos, 0);
  EXPECT_EQ(asl.classification.clip, 0.1);
  LB_ASSERT_OK_AND_ASSIGN(
      const LossRecipe angular,
      Read("name = \"angular\"\ndegrees = 40\nnegatives = \"anchor\"\nnpair = 0.5\n"
           "max_pairs = 64\npositive_jaccard = 0.75"));
  EXPECT_EQ(angular.angular.degrees, 40);
  EXPECT_EQ(angular.angular.negatives, "anchor");
  EXPECT_EQ(angular.angular.npair, 0.5);
  EXPECT_EQ(angular.angular.max_pairs, 64);
  EXPECT_EQ(angular.pairs.positive_jaccard, 0.75);
  LB_ASSERT_OK_AND_ASSIGN(const LossRecipe triplet,
                          Read("name = \"triplet\"\naccuracy_margin = 0.1"));
  EXPECT_EQ(triplet.triplet.accuracy_margin, 0.1);
  LB_ASSERT_OK_AND_ASSIGN(const LossRecipe supcon,
                          Read("name = \"supcon\"\nrelation = \"jaccard\"\nbeta = 1\ntau = 0.2"));
  EXPECT_EQ(supcon.supcon.relation, "jaccard");
  EXPECT_EQ(supcon.supcon.beta, 1);
  LB_ASSERT_OK_AND_ASSIGN(const LossRecipe strict,
                          Read("name = \"supcon\"\npositive_shared = 2\nrelation = \"strict\""));
  EXPECT_EQ(strict.pairs.positive_shared, 2);
  LB_ASSERT_OK_AND_ASSIGN(
      const LossRecipe semi_hard,
      Read("name = \"triplet\"\nsoft = true\nminer = \"semi_hard\"\nmargin = 0.5"));
  EXPECT_EQ(semi_hard.triplet.margin, 0.5) << "the miner's";
  EXPECT_EQ(supcon.supcon.tau, 0.2);
  LB_ASSERT_OK_AND_ASSIGN(const LossRecipe dcl,
                          Read("name = \"dcl\"\nhidden = 64\ndim = 32\ntau = 0.5"));
  EXPECT_EQ(dcl.self_supervised.hidden, 64);
  EXPECT_EQ(dcl.self_supervised.dim, 32);
  EXPECT_EQ(dcl.self_supervised.tau, 0.5);
  LB_ASSERT_OK_AND_ASSIGN(const LossRecipe vicreg,
                          Read("name = \"vicreg\"\ninvariance = 1\nvariance = 2\ncovariance = 3"));
  EXPECT_EQ(vicreg.self_supervised.invariance, 1);
  EXPECT_EQ(vicreg.self_supervised.variance, 2);
  EXPECT_EQ(vicreg.self_supervised.covariance, 3);
}

// Between 0 and 1 AslLoss refuses: the recipe says so before a picture is decoded.
TEST(LossRecipeTest, GammasOfAslAreZeroOrAtLeastOne) {
  for (const char* key : {"gamma_neg", "gamma_pos"}) {
    EXPECT_THAT(Read(absl::StrCat("name = \"asl\"\n", key, " = 0.5")),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         ::testing::HasSubstr(absl::StrCat(
                             "x.toml:2: ", key, ": 0.5 is neither 0 nor within 1 to 20"))));
    EXPECT_THAT(Read(absl::StrCat("name = \"asl\"\n", key, " = 1")), IsOk());
    EXPECT_THAT(Read(absl::StrCat("name = \"asl\"\n", key, " = 0")), IsOk());
  }
}

TEST(LossRecipeTest, AnotherLosssKeyIsUnknown) {
  EXPECT_THAT(Read("name = \"rotation\"\ntau = 1"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       ::testing::HasSubstr("x.toml:2: tau: unknown key")));
}

TEST(LossRecipeTest, AKeyThatWouldDoNothingIsRefused) {
  const std::pair<const char*, const char*> kCases[] = {
      {"name = \"supcon\"\nrelation = \"any\"\nbeta = 3", "x.toml:3: beta: has no effect"},
      {"name = \"supcon\"\npositive_shared = 2", "x.toml:2: positive_shared: has no effect"},
      {"name = \"triplet\"\npairs = \"strict\"\npositive_jaccard = 0.3",
       "x.toml:3: positive_jaccard: has no effect"},
      {"name = \"angular\"\npairs = \"study\"\npositive_jaccard = 0.3",
       "x.toml:3: positive_jaccard: has no effect"},
      {"name = \"triplet\"\nsoft = true\nmargin = 5", "x.toml:3: margin: has no effect"}};
  for (const auto& [text, message] : kCases) {
    EXPECT_THAT(Read(text),
                StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr(message)));
  }
}

}  // namespace
}  // namespace lookbook
