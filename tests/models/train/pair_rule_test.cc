#include "models/train/pair_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

FashionData Data(const std::vector<std::vector<int>>& classes) {
  FashionData data;
  for (uint32_t id = 0; id < 8; ++id) data.labels.classes.push_back({id, std::to_string(id), ""});
  for (const std::vector<int>& of_image : classes) data.images.push_back({.classes = of_image});
  return data;
}

std::vector<int64_t> AllRows(const FashionData& data) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < data.images.size(); ++i) rows.push_back(static_cast<int64_t>(i));
  return rows;
}

Recipe WithLosses(const std::string& losses) {
  auto recipe = ParseRecipe(
      "name = \"r\"\n[[stage]]\nname = \"first\"\nsteps = 1\n[[stage]]\nname = \"metric\"\n"
      "steps = 1\nloss = [" +
          losses + "]\n",
      "r.toml");
  EXPECT_THAT(recipe, IsOk());
  return *recipe;
}

// 0 and 1 share four labels, 2 shares three with them, 3 shares none with anyone, 4 one with all.
const FashionData kData = Data({{0, 1, 2, 3}, {0, 1, 2, 3, 4}, {0, 1, 2, 5}, {6}, {0, 6, 7}});

TEST(PairRuleTest, StrictAnchorsAreCountedByHand) {
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<AnchorCount> got,
                          CountAnchors(WithLosses("{ name = \"triplet\", pairs = \"strict\" }"),
                                       kData, AllRows(kData)));
  ASSERT_THAT(got, SizeIs(1)) << "bce has no pairs";
  EXPECT_EQ(got[0].stage, "metric");
  EXPECT_EQ(got[0].loss, "triplet");
  EXPECT_EQ(got[0].images, 5);
  EXPECT_EQ(got[0].with_positive, 2);  // 0 and 1.
  EXPECT_EQ(got[0].with_negative, 4);  // 0, 1, 2 and 3; 4 shares a label with everyone.
  EXPECT_EQ(got[0].with_both, 2);
}

// The study's rule lets an anchor retry with one label less.
TEST(PairRuleTest, EveryLossIsCountedByItsOwnRule) {
  LB_ASSERT_OK_AND_ASSIGN(
      const std::vector<AnchorCount> got,
      CountAnchors(WithLosses("{ name = \"triplet\", pairs = \"study\" }, "
                              "{ name = \"angular\", pairs = \"strict\", positive_shared = 2 }, "
                              "\"graded\", \"supcon\""),
                   kData, AllRows(kData)));
  ASSERT_THAT(got, SizeIs(2)) << "graded and SupCon by Jaccard have no such rule";
  EXPECT_EQ(got[0].with_positive, 5);
  EXPECT_EQ(got[1].loss, "angular");
  EXPECT_EQ(got[1].with_positive, 3);
}

TEST(PairRuleTest, AnchorsAreThoseOfTheRowsAskedFor) {
  const Recipe recipe = WithLosses("{ name = \"triplet\", pairs = \"strict\" }");
  LB_ASSERT_OK_AND_ASSIGN(const auto got, CountAnchors(recipe, kData, {0, 2, 3}));
  EXPECT_EQ(got[0].images, 3);
  EXPECT_EQ(got[0].with_positive, 0);
  EXPECT_THAT(CountAnchors(recipe, kData, {}), IsOkAndHolds(IsEmpty()));
  const FashionData many = Data(std::vector<std::vector<int>>(3000, {0, 1, 2, 3}));
  LB_ASSERT_OK_AND_ASSIGN(const auto sampled, CountAnchors(recipe, many, AllRows(many)));
  EXPECT_EQ(sampled[0].images, 2048);
  EXPECT_EQ(sampled[0].with_positive, 2048);
  EXPECT_EQ(sampled[0].with_negative, 0);
}

}  // namespace
}  // namespace lookbook
