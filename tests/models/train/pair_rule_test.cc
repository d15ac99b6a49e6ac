#include "models/train/pair_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <set>
#include <utility>

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

// Seeds' partners in batches of two: each image with whom the sampler brought it together.
std::set<std::pair<int64_t, int64_t>> Partners(const FashionData& data, const StageRecipe& stage) {
  const PairSampler sampler(data, AllRows(data), ToSamplerOptions(stage, /*seed=*/3));
  std::set<std::pair<int64_t, int64_t>> out;
  for (int64_t epoch = 0; epoch < 300; ++epoch) {
    const std::vector<int64_t> order = sampler.Order(epoch);
    for (size_t i = 0; i + 1 < order.size(); i += 2) out.emplace(order[i], order[i + 1]);
  }
  return out;
}

// The same by the loss's own relation; an image without a positive goes with anyone.
std::set<std::pair<int64_t, int64_t>> Positives(const FashionData& data, const LossRecipe& loss) {
  const int64_t n = static_cast<int64_t>(data.images.size());
  torch::Tensor targets = torch::zeros({n, static_cast<int64_t>(data.labels.classes.size())});
  for (int64_t i = 0; i < n; ++i) {
    for (const int column : data.images[i].classes) targets[i][column] = 1;
  }
  const torch::Tensor positive = RelatePairs(targets, ToPairOptions(loss.pairs, {})).positive;
  std::set<std::pair<int64_t, int64_t>> out;
  for (int64_t i = 0; i < n; ++i) {
    const bool any = positive[i].any().item<bool>();
    for (int64_t j = 0; j < n; ++j) {
      if (i != j && (!any || positive[i][j].item<bool>())) out.emplace(i, j);
    }
  }
  return out;
}

class SamplerRuleTest : public ::testing::TestWithParam<const char*> {};

// 5 and 6 share both of their labels: similar, but no more than two shared.
TEST_P(SamplerRuleTest, PartnersAreThePositivesOfTheLoss) {
  const FashionData data = Data(
      {{0, 1, 2, 3}, {0, 1, 2, 3, 4}, {0, 1, 2, 5}, {6}, {0, 6, 7}, {4, 5}, {4, 5}, {2, 3, 4, 5}});
  StageRecipe stage = WithLosses(GetParam()).stages[1];
  stage.batch_size = 2;
  stage.sampler = {.name = "pairs", .partners = 1};
  EXPECT_EQ(Partners(data, stage), Positives(data, stage.losses.back()));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, SamplerRuleTest,
    ::testing::Values("\"triplet\"", "{ name = \"angular\", positive_jaccard = 0.9 }",
                      "{ name = \"triplet\", pairs = \"strict\" }",
                      "{ name = \"triplet\", pairs = \"strict\", positive_shared = 2 }",
                      "{ name = \"triplet\", pairs = \"study\" }",
                      "{ name = \"angular\", pairs = \"study\", positive_shared = 1 }",
                      "{ name = \"supcon\", relation = \"strict\", positive_shared = 2 }"));

// A loss that weighs pairs has no such rule: not even the numbers that it was read with.
TEST(PairRuleTest, WithoutARuleTheSamplerTakesTheDefaults) {
  const PairSamplerOptions options = ToSamplerOptions(WithLosses("\"supcon\"").stages[1], 3);
  EXPECT_EQ(options.rule, PartnerRule::kSharedOrSimilar);
  EXPECT_EQ(options.positive_shared, 3);
  EXPECT_EQ(options.positive_jaccard, 0.6);
}

}  // namespace
}  // namespace lookbook
