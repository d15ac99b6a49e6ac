#include "models/loss/graded.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

TEST(GradedTripletTest, AgreesWithPlainLoops) {
  for (int seed = 0; seed < 4; ++seed) {
    const RandomBatch batch(seed, 9, 4, 6);
    const PairRelation pairs = RelatePairs(batch.y);
    const Rows x = ToRows(batch.x), j = PlainPairs(pairs).jaccard;
    double sum = 0;
    int64_t active = 0;
    for (int a = 0; a < 9; ++a) {
      for (int i = 0; i < 9; ++i) {
        for (int k = 0; k < 9; ++k) {
          if (i == a || k == a || j[a][i] <= j[a][k]) continue;
          const double v =
              2 * Cosine(x[a], x[k]) - 2 * Cosine(x[a], x[i]) + 0.3 * (j[a][i] - j[a][k]);
          if (v > 0) sum += v, ++active;
        }
      }
    }
    ASSERT_GT(active, 0);
    const CountedLoss loss = GradedTripletLoss(batch.x, pairs, {.margin = 0.3});
    EXPECT_NEAR(loss.loss.item<double>(), sum / active, 1e-12);
    EXPECT_EQ(loss.terms, active);
  }
}

TEST(GradedTripletTest, RefusesBadInput) {
  const PairRelation pairs = RelatePairs(torch::eye(3));
  EXPECT_THROW(GradedTripletLoss(torch::randn({3, 2}), pairs, {.margin = -1}), c10::Error);
  EXPECT_THROW(GradedTripletLoss(torch::randn({4, 2}), pairs), c10::Error);
}

}  // namespace
}  // namespace lookbook
