#include "models/loss/pair_relation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/loss/class_weights.h"
#include "tests/models/loss/oracle_fixture.h"
#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

torch::Tensor Labels(std::vector<std::vector<int64_t>> sets, int64_t classes) {
  torch::Tensor y = torch::zeros({static_cast<int64_t>(sets.size()), classes}, torch::kFloat32);
  for (size_t i = 0; i < sets.size(); ++i) {
    for (int64_t c : sets[i]) y[i][c] = 1;
  }
  return y;
}

bool At(const torch::Tensor& mask, int64_t i, int64_t j) { return mask[i][j].item<bool>(); }

class PairRuleTest : public testing::TestWithParam<PairRule> {};

TEST_P(PairRuleTest, NoImageIsAPairWithItselfAndNoPairIsBoth) {
  for (int seed = 0; seed < 5; ++seed) {
    torch::Tensor y = RandomBatch(seed, 12, 2, 7).y;
    y[3].zero_();  // An image without labels shares nothing with itself either.
    const PairRelation pairs =
        RelatePairs(y, {.rule = GetParam(), .idf = torch::tensor({0., 0., .1, 1., 2., 3., 3.})});
    EXPECT_FALSE(pairs.positive.diagonal().any().item<bool>());
    EXPECT_FALSE(pairs.negative.diagonal().any().item<bool>());
    EXPECT_FALSE((pairs.positive & pairs.negative).any().item<bool>());
    EXPECT_TRUE(torch::equal(pairs.negative, pairs.negative.t()));
    if (GetParam() != PairRule::kStudy) {
      EXPECT_TRUE(torch::equal(pairs.positive, pairs.positive.t()));
    }
  }
}

TEST_P(PairRuleTest, OneLabelAnImageMeansSameAndOther) {
  const torch::Tensor labels = torch::tensor({2, 0, 2, 1, 0, 2}, torch::kInt64);
  const PairRelation pairs =
      RelatePairs(torch::one_hot(labels, 4), {.rule = GetParam(), .positive_shared = 0});
  const torch::Tensor same = labels.unsqueeze(0) == labels.unsqueeze(1);
  EXPECT_TRUE(torch::equal(pairs.negative, same.logical_not()));
  EXPECT_TRUE(torch::equal(pairs.positive, same & torch::eye(6, torch::kBool).logical_not()));
}

INSTANTIATE_TEST_SUITE_P(Rules, PairRuleTest,
                         testing::Values(PairRule::kStrict, PairRule::kAdaptive, PairRule::kStudy));

TEST(PairRelationTest, AdaptiveGivesPairsToSmallOutfits) {
  const torch::Tensor y = Labels({{0, 1}, {0, 1}, {0, 1, 2}, {2, 3, 4}}, 5);
  EXPECT_FALSE(RelatePairs(y, {.rule = PairRule::kStrict}).positive.any().item<bool>());
  const PairRelation pairs = RelatePairs(y);
  EXPECT_TRUE(At(pairs.positive, 0, 1));   // J = 1
  EXPECT_TRUE(At(pairs.positive, 0, 2));   // J = 2/3
  EXPECT_FALSE(At(pairs.positive, 2, 3));  // J = 1/5
  EXPECT_TRUE(At(pairs.negative, 0, 3));   // S = 0
  EXPECT_FALSE(At(pairs.negative, 2, 3));
}

TEST(PairRelationTest, ThresholdsBelongToTheirSideInBothTypes) {
  // J = 3/5, and J = 1/10 between the last two.
  const torch::Tensor y =
      Labels({{0, 1, 2, 3}, {0, 1, 2, 4}, {5, 6, 7, 8, 9, 10}, {5, 11, 12, 13, 14}}, 15);
  for (torch::Dtype type : {torch::kFloat32, torch::kFloat64}) {
    const PairRelation pairs = RelatePairs(y.to(type));
    EXPECT_EQ(pairs.jaccard.scalar_type(), type);
    EXPECT_TRUE(At(pairs.positive, 0, 1));
    EXPECT_TRUE(At(pairs.negative, 2, 3));
    EXPECT_FALSE(At(RelatePairs(y.to(type), {.positive_jaccard = 0.61}).positive, 0, 1));
    EXPECT_FALSE(At(RelatePairs(y.to(type), {.negative_jaccard = 0.09}).negative, 2, 3));
  }
  // "More than": 3 shared labels are not more than 3.
  EXPECT_FALSE(At(RelatePairs(y, {.rule = PairRule::kStrict}).positive, 0, 1));
  EXPECT_TRUE(At(RelatePairs(y, {.rule = PairRule::kStrict, .positive_shared = 2}).positive, 0, 1));
}

TEST(PairRelationTest, AdaptiveAgreesWithPlainLoops) {
  for (int seed = 0; seed < 8; ++seed) {
    const torch::Tensor y = RandomBatch(seed, 14, 2, 8).y;
    const torch::Tensor idf = IdfWeights({900, 500, 300, 100, 50, 20, 5, 1}, 1000);
    const PairRelation pairs = RelatePairs(y, {.positive_shared = 2, .idf = idf});
    const Rows sets = ToRows(y);
    for (int i = 0; i < 14; ++i) {
      for (int j = 0; j < 14; ++j) {
        double shared = 0, both = 0, shared_w = 0, both_w = 0;
        for (int c = 0; c < 8; ++c) {
          const double w = idf[c].item<double>(), min = std::min(sets[i][c], sets[j][c]);
          const double max = std::max(sets[i][c], sets[j][c]);
          shared += min, both += max, shared_w += w * min, both_w += w * max;
        }
        const double jaccard = both > 0 ? shared / both : 0;
        const double weighted = both_w > 0 ? shared_w / both_w : 0;
        const bool positive = i != j && (shared > 2 || jaccard >= 0.6);
        const bool negative = i != j && !positive && (shared == 0 || weighted <= 0.1);
        EXPECT_EQ(pairs.shared[i][j].item<double>(), shared);
        EXPECT_EQ(pairs.jaccard[i][j].item<double>(), jaccard);
        EXPECT_EQ(At(pairs.positive, i, j), positive) << seed << ": " << i << ", " << j;
        EXPECT_EQ(At(pairs.negative, i, j), negative) << seed << ": " << i << ", " << j;
      }
    }
  }
}

TEST(PairRelationTest, ALabelThatEveryImageHasMakesNoPairUnlessItIsAllThereIs) {
  const torch::Tensor y = Labels({{0, 1}, {0, 2}, {0}, {0}}, 3);
  const PairRelation pairs = RelatePairs(y, {.idf = IdfWeights({100, 10, 10}, 100)});
  EXPECT_TRUE(At(pairs.negative, 0, 1));  // J = 1/3, but J^w = 0.
  EXPECT_TRUE(At(pairs.positive, 2, 3));  // J = 1 wins over J^w = 0.
  EXPECT_FALSE(At(pairs.negative, 2, 3));
  EXPECT_FALSE(At(RelatePairs(y).negative, 0, 1));
}

TEST(PairRelationTest, StudyFallsBackLevelByLevel) {
  Oracle oracle;
  torch::Tensor y = oracle.Tensor("/inputs/Y");  // Image 3 shares at most 3 labels, the others 4.
  y = torch::cat({y, torch::zeros({1, 8}, torch::kFloat64)});
  const PairRelation pairs = RelatePairs(y, {.rule = PairRule::kStudy});
  EXPECT_THAT(pairs.anchors_per_level, ElementsAre(5, 1, 0, 0));
  EXPECT_EQ(pairs.dropped_anchors, 1);  // The image without labels.
  EXPECT_TRUE(At(pairs.positive, 3, 2));
  EXPECT_TRUE(At(pairs.positive, 3, 5));
  EXPECT_FALSE(At(pairs.positive, 2, 3));  // Image 2 has a better positive.
  EXPECT_FALSE(At(pairs.positive, 3, 4));  // One shared label, but there are better.
}

TEST(PairRelationTest, StudyReachesTheLastLevel) {
  const PairRelation pairs =
      RelatePairs(Labels({{0, 1}, {0, 2}, {1, 3, 4}, {3, 4}}, 5), {.rule = PairRule::kStudy});
  EXPECT_THAT(pairs.anchors_per_level, ElementsAre(0, 0, 2, 2));
  EXPECT_EQ(pairs.dropped_anchors, 0);
  EXPECT_TRUE(At(pairs.positive, 0, 2));
  EXPECT_FALSE(At(pairs.positive, 2, 0));
}

TEST(PairRelationTest, OtherRulesReportNoLevels) {
  const PairRelation pairs = RelatePairs(Labels({{0}, {1}}, 2));
  EXPECT_THAT(pairs.anchors_per_level, IsEmpty());
  EXPECT_EQ(pairs.dropped_anchors, 0);
}

TEST(PairRelationTest, RefusesWhatItCannotRead) {
  const torch::Tensor y = Labels({{0}, {1}}, 2);
  EXPECT_THROW(RelatePairs(torch::zeros({3})), c10::Error);
  EXPECT_THROW(RelatePairs(torch::zeros({3, 0})), c10::Error);
  EXPECT_THROW(RelatePairs(y, {.idf = torch::ones({3})}), c10::Error);
  EXPECT_THROW(RelatePairs(y, {.idf = torch::ones({2, 2})}), c10::Error);
  EXPECT_THROW(RelatePairs(y, {.positive_shared = -1}), c10::Error);
  EXPECT_THROW(RelatePairs(y, {.positive_jaccard = 0}), c10::Error);
  EXPECT_THROW(RelatePairs(y, {.negative_jaccard = -0.1}), c10::Error);
}

TEST(ListPairsTest, DrawsSomeOfThemInRowOrder) {
  const torch::Tensor mask = torch::ones({20, 20}, torch::kBool);
  const torch::Tensor some = ListPairs(mask, 50, 1);
  ASSERT_EQ(some.sizes(), (std::vector<int64_t>{50, 2}));
  const torch::Tensor place = some.select(1, 0) * 20 + some.select(1, 1);
  EXPECT_TRUE((place.diff() > 0).all().item<bool>());
  EXPECT_TRUE(torch::equal(some, ListPairs(mask, 50, 1)));
  EXPECT_FALSE(torch::equal(some, ListPairs(mask, 50, 2)));
  EXPECT_GT(place.max().item<int64_t>(), 300);  // Not just the first 50.
}

TEST(ListPairsTest, ListsAllWhereTheyFit) {
  const torch::Tensor mask = torch::eye(3, torch::kBool);
  EXPECT_TRUE(torch::equal(ListPairs(mask, 3, 9), torch::tensor({{0, 0}, {1, 1}, {2, 2}})));
  EXPECT_EQ(ListPairs(torch::zeros({3, 3}, torch::kBool), 3, 9).size(0), 0);
  EXPECT_THROW(ListPairs(mask, 0, 9), c10::Error);
}

}  // namespace
}  // namespace lookbook
