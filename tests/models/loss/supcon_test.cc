#include "models/loss/supcon.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

template <typename Weight>
double PlainSupCon(const Rows& x, double tau, const Weight& weight) {
  const int batch = x.size();
  double sum = 0, anchors = 0;
  for (int i = 0; i < batch; ++i) {
    double denominator = 0, weighted = 0, weights = 0;
    for (int k = 0; k < batch; ++k) {
      if (k != i) denominator += std::exp(Cosine(x[i], x[k]) / tau);
    }
    for (int j = 0; j < batch; ++j) {
      if (j == i) continue;
      weighted -= weight(i, j) * (Cosine(x[i], x[j]) / tau - std::log(denominator));
      weights += weight(i, j);
    }
    if (weights > 0) sum += weighted / weights, ++anchors;
  }
  return sum / anchors;
}

TEST(SupConTest, EveryWeightAgreesWithPlainLoops) {
  for (int seed = 0; seed < 4; ++seed) {
    RandomBatch batch(seed, 10, 4, 5);
    batch.y[0] = batch.y[1];  // An exact match.
    batch.y[2].zero_();       // An anchor without weight.
    const PairRelation pairs = RelatePairs(batch.y);
    const PlainPairs plain(pairs);
    const Rows x = ToRows(batch.x), y = ToRows(batch.y);
    const auto expect = [&](const SupConOptions& options, const auto& weight) {
      EXPECT_NEAR(SupConLoss(batch.x, pairs, options).loss.item<double>(),
                  PlainSupCon(x, options.temperature, weight), 1e-10);
    };
    expect({.weights = SupConWeights::kAny}, [&](int i, int j) { return plain.shared[i][j] > 0; });
    expect({.weights = SupConWeights::kExact},
           [&](int i, int j) { return y[i] == y[j] && Dot(y[i], y[i]) > 0; });
    expect({.weights = SupConWeights::kPositive},
           [&](int i, int j) { return plain.positive[i][j]; });
    expect({.beta = 2, .temperature = 0.2},
           [&](int i, int j) { return std::pow(plain.jaccard[i][j], 2); });
    expect({.weights = SupConWeights::kShared, .temperature = 0.5},
           [&](int i, int j) { return plain.shared[i][j]; });
  }
}

// Cross-entropy of softmax(s / tau) against the shared labels, each row scaled to sum 1.
TEST(SupConTest, SharedIsSoftTargetCrossEntropy) {
  const RandomBatch batch(2, 8, 4, 4);
  const PairRelation pairs = RelatePairs(batch.y);
  const torch::Tensor z = batch.x / batch.x.norm(2, {1}, true);
  const torch::Tensor self = torch::eye(8, torch::kBool);
  const torch::Tensor targets = pairs.shared.masked_fill(self, 0);
  const torch::Tensor used = targets.sum(1).nonzero().squeeze(1);
  const torch::Tensor rows = targets.index_select(0, used);
  const torch::Tensor logits = (z.mm(z.t()) / 0.1).masked_fill(self, -1e9).index_select(0, used);
  const torch::Tensor expected =
      torch::cross_entropy_loss(logits, rows / rows.sum(1, /*keepdim=*/true));
  EXPECT_NEAR(SupConLoss(batch.x, pairs, {.weights = SupConWeights::kShared}).loss.item<double>(),
              expected.item<double>(), 1e-10);
}

TEST(SupConTest, AConstantMapSitsOnItsLandmark) {
  const torch::Tensor constant = torch::tensor({{1.0, 2.0}}, torch::kFloat64).repeat({6, 1});
  const PairRelation pairs =
      RelatePairs(torch::one_hot(torch::tensor({0, 0, 1, 1, 1, 2}), 3), {.positive_shared = 0});
  const CountedLoss loss = SupConLoss(constant, pairs);
  EXPECT_NEAR(loss.loss.item<double>(), std::log(5), 1e-12);
  EXPECT_EQ(loss.terms, 5);  // The last image has no positive.
}

TEST(SupConTest, ABatchOfOneIsZeroWithALiveGraph) {
  const torch::Tensor x = torch::tensor({{1.0, 2.0}}).requires_grad_();
  const CountedLoss loss = SupConLoss(x, RelatePairs(torch::ones({1, 2})));
  EXPECT_EQ(loss.loss.item<float>(), 0);
  EXPECT_EQ(loss.terms, 0);
  loss.loss.backward();
  EXPECT_EQ(x.grad().abs().sum().item<float>(), 0);
}

TEST(SupConTest, RefusesBadInput) {
  const PairRelation pairs = RelatePairs(torch::eye(3));
  const torch::Tensor x = torch::randn({3, 2});
  EXPECT_THROW(SupConLoss(x, pairs, {.beta = 0}), c10::Error);
  EXPECT_THROW(SupConLoss(x, pairs, {.temperature = -1}), c10::Error);
  EXPECT_THROW(SupConLoss(torch::randn({4, 2}), pairs), c10::Error);
}

}  // namespace
}  // namespace lookbook
