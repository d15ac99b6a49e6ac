#include "models/loss/margin_loss.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/loss/distance.h"
#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

TEST(MarginLossTest, AveragesTheActiveHingesOfWhatItDrew) {
  const RandomBatch batch(3, 12, 4, 6);
  const PairRelation pairs = RelatePairs(batch.y, {.positive_jaccard = 0.4});
  const torch::Tensor d = PairwiseDistance(batch.x);
  const Rows rows = ToRows(d);
  double sum = 0;
  int64_t active = 0;
  const Rows drawn = ToRows(DrawByDistance(d, pairs, 4, 7));
  ASSERT_GT(drawn.size(), 5u);
  for (const Row& t : drawn) {
    for (double v : {rows[t[0]][t[1]] - 1.2 + 0.2, 1.2 - rows[t[0]][t[2]] + 0.2}) {
      if (v > 0) sum += v, ++active;
    }
  }
  const CountedLoss loss = MarginLoss(batch.x, pairs, 7);
  EXPECT_NEAR(loss.loss.item<double>(), sum / active, 1e-12);
  EXPECT_EQ(loss.terms, active);
}

TEST(MarginLossTest, DrawsOneNegativeInReachForEachPositivePair) {
  const RandomBatch batch(4, 16, 3, 5);
  const PairRelation pairs = RelatePairs(batch.y, {.positive_jaccard = 0.4});
  const torch::Tensor d = PairwiseDistance(batch.x);
  const PlainPairs plain(pairs);
  const Rows rows = ToRows(d);
  int64_t expected = 0;
  for (int a = 0; a < 16; ++a) {
    bool reach = false;
    for (int n = 0; n < 16; ++n) reach = reach || (plain.negative[a][n] && rows[a][n] <= 1.4);
    for (int p = 0; p < 16; ++p) expected += reach && plain.positive[a][p];
  }
  const Rows drawn = ToRows(DrawByDistance(d, pairs, 3, 1));
  EXPECT_EQ(static_cast<int64_t>(drawn.size()), expected);
  for (const Row& t : drawn) {
    EXPECT_TRUE(plain.positive[t[0]][t[1]] && plain.negative[t[0]][t[2]]);
    EXPECT_LE(rows[t[0]][t[2]], 1.4);
  }
}

// In three dimensions q(d) is proportional to d; 0.2 counts as 0.5.
TEST(MarginLossTest, NearNegativesAreDrawnByTheInverseDensity) {
  const PairRelation pairs =
      RelatePairs(torch::one_hot(torch::tensor({0, 0, 1, 2, 3}), 4), {.positive_shared = 0});
  torch::Tensor d = torch::full({5, 5}, 1.9, torch::kFloat64);
  d[0] = torch::tensor({0.0, 0.3, 0.2, 1.0, 1.5}, torch::kFloat64);  // Image 4 is out of reach.
  int near = 0;
  const int draws = 3000;
  for (int seed = 0; seed < draws; ++seed) {
    const Rows drawn = ToRows(DrawByDistance(d, pairs, 3, seed));
    ASSERT_EQ(drawn.size(), 1u);  // Anchor 1 reaches none.
    near += drawn[0][2] == 2;
    ASSERT_TRUE(drawn[0][2] == 2 || drawn[0][2] == 3);
  }
  EXPECT_NEAR(static_cast<double>(near) / draws, 2.0 / 3, 0.03);
}

TEST(MarginLossTest, ManyDimensionsDoNotOverflow) {
  const RandomBatch batch(5, 8, 2048, 4);
  const PairRelation pairs = RelatePairs(batch.y, {.positive_jaccard = 0.3});
  const CountedLoss loss = MarginLoss(batch.x.to(torch::kFloat32), pairs, 1, {.farthest = 1.9});
  EXPECT_GT(loss.terms, 0);
  EXPECT_TRUE(std::isfinite(loss.loss.item<double>()));
}

TEST(MarginLossTest, RefusesBadInput) {
  const PairRelation pairs = RelatePairs(torch::eye(3));
  const torch::Tensor x = torch::randn({3, 4});
  EXPECT_THROW(MarginLoss(torch::randn({4, 4}), pairs, 0), c10::Error);
  EXPECT_THROW(MarginLoss(torch::randn({3, 1}), pairs, 0), c10::Error);
  EXPECT_THROW(MarginLoss(x, pairs, 0, {.nearest = 0}), c10::Error);
  EXPECT_THROW(MarginLoss(x, pairs, 0, {.farthest = 2}), c10::Error);
  EXPECT_THROW(MarginLoss(x, pairs, 0, {.nearest = 1.5}), c10::Error);
}

}  // namespace
}  // namespace lookbook
