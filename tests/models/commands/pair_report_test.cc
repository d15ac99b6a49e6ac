#include "models/commands/pair_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FashionData Data() {
  FashionData data;
  for (uint32_t id = 0; id < 6; ++id) data.labels.classes.push_back({id, std::to_string(id), ""});
  for (const std::vector<int>& classes :
       std::vector<std::vector<int>>{{0, 1, 2, 3}, {0, 1, 2, 3, 4}, {0}, {5}, {5}})
    data.images.push_back({.classes = classes});
  return data;
}

Recipe WithLoss(const std::string& loss) {
  auto recipe = ParseRecipe(
      "name = \"r\"\n[[stage]]\nname = \"s\"\nsteps = 1\nloss = [" + loss + "]\n", "r.toml");
  EXPECT_THAT(recipe, IsOk());
  return *recipe;
}

// Of the first four: six pairs, one that shares four classes, three that share none (those of 3).
TEST(PairReportTest, SaysWhatTheTrainingPartOffers) {
  LB_ASSERT_OK_AND_ASSIGN(
      const std::vector<std::string> lines,
      PairReport(WithLoss("{ name = \"triplet\", pairs = \"strict\" }"), Data(), {0, 1, 2, 3}));
  EXPECT_THAT(lines, ElementsAre("P(share > 3) 0.1667, P(share = 0) 0.5000; 2 of 4 training images "
                                 "have partners of both kinds",
                                 "stage s, triplet: of 4 anchors 2 have a positive, 4 a negative, "
                                 "2 both"));
}

TEST(PairReportTest, IsForRecipesThatCompareImagesByLabels) {
  EXPECT_THAT(PairReport(WithLoss("\"bce\""), Data(), {0, 1, 2}), IsOkAndHolds(IsEmpty()));
  LB_ASSERT_OK_AND_ASSIGN(const auto lines, PairReport(WithLoss("\"graded\""), Data(), {0, 1, 2}));
  EXPECT_EQ(lines.size(), 1u) << "no rule, but pairs all the same";
}

}  // namespace
}  // namespace lookbook
