#include "models/loss/npair.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

TEST(NPairTest, AgreesWithPlainLoops) {
  for (int seed = 0; seed < 4; ++seed) {
    const RandomBatch batch(seed, 10, 4, 5);
    const PairRelation pairs =
        RelatePairs(batch.y, {.positive_shared = 1, .positive_jaccard = 0.4});
    const PlainPairs plain(pairs);
    const Rows x = ToRows(batch.x);
    double sum = 0, norms = 0;
    int64_t count = 0;
    for (int a = 0; a < 10; ++a) {
      norms += Norm(x[a]);
      for (int p = 0; p < 10; ++p) {
        if (!plain.positive[a][p]) continue;
        double inner = 0;
        for (int n = 0; n < 10; ++n) {
          if (plain.negative[a][n]) inner += std::exp(Dot(x[a], x[n]) - Dot(x[a], x[p]));
        }
        if (inner > 0) sum += std::log(1 + inner), ++count;
      }
    }
    ASSERT_GT(count, 0);
    const CountedLoss loss = NPairLoss(batch.x, pairs, 0, {.norm_weight = 0.01});
    EXPECT_NEAR(loss.loss.item<double>(), sum / count + 0.01 * norms / 10, 1e-10);
    EXPECT_EQ(loss.terms, count);
  }
}

TEST(NPairTest, WithoutPairsOnlyTheNormsCount) {
  const torch::Tensor x = torch::tensor({{3.0, 4.0}, {0.0, 1.0}}, torch::kFloat64);
  const CountedLoss loss = NPairLoss(x, RelatePairs(torch::eye(2)), 0);
  EXPECT_EQ(loss.terms, 0);
  EXPECT_NEAR(loss.loss.item<double>(), 5e-3 * 3, 1e-12);
}

TEST(NPairTest, MoreThanTheCapAreDrawn) {
  const PairRelation pairs =
      RelatePairs(torch::one_hot(torch::arange(12) % 2, 2), {.positive_shared = 0});
  const torch::Tensor x = torch::randn({12, 3});
  EXPECT_EQ(NPairLoss(x, pairs, 0).terms, 60);
  EXPECT_EQ(NPairLoss(x, pairs, 0, {.max_pairs = 7}).terms, 7);
}

TEST(NPairTest, RefusesBadInput) {
  const PairRelation pairs = RelatePairs(torch::eye(3));
  EXPECT_THROW(NPairLoss(torch::randn({4, 2}), pairs, 0), c10::Error);
  EXPECT_THROW(NPairLoss(torch::randn({3}), pairs, 0), c10::Error);
}

}  // namespace
}  // namespace lookbook
