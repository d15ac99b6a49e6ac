#include "models/loss/distance.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

TEST(DistanceTest, EveryKindAgreesWithPlainLoops) {
  const torch::Tensor x = RandomBatch(1, 9, 5, 2).x;
  const torch::Tensor normalised = PairwiseDistance(x),
                      raw = PairwiseDistance(x, {.normalize = false}),
                      cosine = PairwiseDistance(x, {.kind = DistanceKind::kCosine}),
                      squared = SquaredDistance(x), similarity = CosineSimilarity(x);
  const Rows rows = ToRows(x);
  for (int i = 0; i < 9; ++i) {
    for (int j = 0; j < 9; ++j) {
      const double apart = Gap(Unit(rows[i]), Unit(rows[j])), s = Cosine(rows[i], rows[j]);
      EXPECT_NEAR(normalised[i][j].item<double>(), std::max(apart, 1e-6), 1e-7);
      EXPECT_NEAR(raw[i][j].item<double>(), std::max(Gap(rows[i], rows[j]), 1e-6), 1e-12);
      EXPECT_NEAR(cosine[i][j].item<double>(), 1 - s, 1e-12);
      EXPECT_NEAR(squared[i][j].item<double>(), apart * apart, 1e-12);
      EXPECT_NEAR(similarity[i][j].item<double>(), s, 1e-12);
    }
  }
}

TEST(DistanceTest, CosineIgnoresNormalize) {
  const torch::Tensor x = RandomBatch(2, 4, 3, 2).x;
  EXPECT_TRUE(torch::equal(PairwiseDistance(x, {.kind = DistanceKind::kCosine, .normalize = false}),
                           PairwiseDistance(x, {.kind = DistanceKind::kCosine})));
}

TEST(DistanceTest, RawRowsFarFromTheOriginKeepSmallDistances) {
  const torch::Tensor x = torch::tensor({{1000.0, 2000.0}, {1000.0, 2000.125}}, torch::kFloat32);
  EXPECT_EQ(PairwiseDistance(x, {.normalize = false})[0][1].item<float>(), 0.125f);
}

TEST(DistanceTest, SlopeIsFiniteWhereRowsCoincide) {
  for (bool normalize : {true, false}) {
    const torch::Tensor x = torch::tensor({{1.0, 2.0}, {1.0, 2.0}, {0.0, 0.0}}).requires_grad_();
    PairwiseDistance(x, {.normalize = normalize}).sum().backward();
    EXPECT_TRUE(x.grad().isfinite().all().item<bool>()) << x.grad();
  }
}

TEST(DistanceTest, ZeroRowsStayZero) {
  EXPECT_EQ(NormalizeRows(torch::zeros({2, 3})).abs().sum().item<float>(), 0);
}

TEST(DistanceTest, RefusesWhatAreNotRows) {
  EXPECT_THROW(NormalizeRows(torch::zeros({3})), c10::Error);
  EXPECT_THROW(PairwiseDistance(torch::zeros({2, 2, 2}), {.normalize = false}), c10::Error);
}

}  // namespace
}  // namespace lookbook
