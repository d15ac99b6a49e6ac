#include "models/loss/mulsupcon.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/loss/supcon.h"
#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

TEST(MulSupConTest, AgreesWithPlainLoops) {
  for (int seed = 0; seed < 4; ++seed) {
    RandomBatch batch(seed, 8, 4, 6);
    batch.y.select(1, 5).zero_();
    batch.y[1][5] = 1;   // A label that one image has: no term.
    batch.y[2].zero_();  // An image without labels: no anchor.
    const Rows x = ToRows(batch.x), y = ToRows(batch.y);
    double term_sum = 0, anchor_sum = 0;
    int64_t terms = 0, anchors = 0;
    for (int i = 0; i < 8; ++i) {
      double denominator = 0, own = 0;
      for (int k = 0; k < 8; ++k) denominator += k == i ? 0 : std::exp(Cosine(x[i], x[k]) / 0.1);
      int64_t own_terms = 0;
      for (int c = 0; c < 6; ++c) {
        double term = 0, positives = 0;
        for (int j = 0; j < 8; ++j) {
          if (j == i || !y[i][c] || !y[j][c]) continue;
          term -= Cosine(x[i], x[j]) / 0.1 - std::log(denominator);
          ++positives;
        }
        if (positives > 0) own += term / positives, ++own_terms;
      }
      term_sum += own, terms += own_terms;
      if (own_terms > 0) anchor_sum += own / own_terms, ++anchors;
    }
    const CountedLoss by_term = MulSupConLoss(batch.x, batch.y);
    EXPECT_NEAR(by_term.loss.item<double>(), term_sum / terms, 1e-10);
    EXPECT_EQ(by_term.terms, terms);
    const CountedLoss by_anchor =
        MulSupConLoss(batch.x, batch.y, {.reduction = MulSupConReduction::kAnchors});
    EXPECT_NEAR(by_anchor.loss.item<double>(), anchor_sum / anchors, 1e-10);
    EXPECT_EQ(by_anchor.terms, anchors);
  }
}

TEST(MulSupConTest, OneLabelAnImageIsSupCon) {
  const torch::Tensor y = torch::one_hot(torch::tensor({0, 0, 1, 2, 1, 1}), 3);
  const torch::Tensor x = RandomBatch(1, 6, 3, 2).x;
  const double supcon =
      SupConLoss(x, RelatePairs(y), {.weights = SupConWeights::kAny}).loss.item<double>();
  for (auto reduction : {MulSupConReduction::kTerms, MulSupConReduction::kAnchors}) {
    EXPECT_NEAR(MulSupConLoss(x, y, {.reduction = reduction}).loss.item<double>(), supcon, 1e-12);
  }
}

TEST(MulSupConTest, RefusesBadInput) {
  const torch::Tensor x = torch::randn({3, 2});
  EXPECT_THROW(MulSupConLoss(x, torch::ones({4, 2})), c10::Error);
  EXPECT_THROW(MulSupConLoss(x, torch::ones({3})), c10::Error);
  EXPECT_THROW(MulSupConLoss(x, torch::ones({3, 2}), {.temperature = 0}), c10::Error);
}

}  // namespace
}  // namespace lookbook
