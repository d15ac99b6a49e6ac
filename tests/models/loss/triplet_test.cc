#include "models/loss/triplet.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

double Relu(double v) { return std::max(v, 0.0); }

class TripletTest : public testing::TestWithParam<int> {
 protected:
  const RandomBatch batch_{GetParam(), 10, 3, 5};
  const PairRelation pairs_ =
      RelatePairs(batch_.y, {.positive_shared = 1, .positive_jaccard = 0.4});
};

TEST_P(TripletTest, EveryDistanceAgreesWithPlainLoops) {
  const Rows x = ToRows(batch_.x);
  const auto expect = [&](const DistanceOptions& distance, const auto& d) {
    const PlainPairs pairs(pairs_);
    double sum = 0;
    int64_t active = 0, total = 0, right = 0;
    for (int a = 0; a < 10; ++a) {
      for (int p = 0; p < 10; ++p) {
        for (int n = 0; n < 10; ++n) {
          if (!pairs.positive[a][p] || !pairs.negative[a][n]) continue;
          const double v = d(x[a], x[p]) - d(x[a], x[n]) + 0.2;
          sum += Relu(v), active += v > 0, ++total;
          right += d(x[a], x[p]) < d(x[a], x[n]) + 0.05;
        }
      }
    }
    ASSERT_GT(active, 0);
    const TripletResult result =
        TripletLoss(batch_.x, pairs_, {.accuracy_margin = 0.05, .distance = distance});
    EXPECT_NEAR(result.loss.item<double>(), sum / active, 1e-9);
    EXPECT_EQ(result.active, active);
    EXPECT_EQ(result.total, total);
    EXPECT_EQ(result.mined, total);
    EXPECT_DOUBLE_EQ(result.accuracy, static_cast<double>(right) / total);
  };
  expect({}, [](const Row& a, const Row& b) { return Gap(Unit(a), Unit(b)); });
  expect({.normalize = false}, [](const Row& a, const Row& b) { return Gap(a, b); });
  expect({.kind = DistanceKind::kCosine},
         [](const Row& a, const Row& b) { return 1 - Cosine(a, b); });
}

TEST_P(TripletTest, EveryMinerAveragesWhatItMined) {
  const Rows d = ToRows(PairwiseDistance(batch_.x));
  for (TripletMiner miner :
       {TripletMiner::kSemiHard, TripletMiner::kBatchHard, TripletMiner::kEasyPositive}) {
    const Rows mined = ToRows(MineTriplets(PairwiseDistance(batch_.x), pairs_, miner, 0.4));
    double hinges = 0, soft = 0, active = 0;
    for (const Row& t : mined) {
      const double gap = d[t[0]][t[1]] - d[t[0]][t[2]];
      hinges += Relu(gap + 0.4), active += gap + 0.4 > 0, soft += std::log1p(std::exp(gap));
    }
    const double count = miner == TripletMiner::kBatchHard ? mined.size() : std::max(active, 1.0);
    const TripletResult hinge = TripletLoss(batch_.x, pairs_, {.miner = miner, .margin = 0.4});
    EXPECT_NEAR(hinge.loss.item<double>(), hinges / count, 1e-12);
    EXPECT_EQ(hinge.mined, static_cast<int64_t>(mined.size()));
    const TripletResult softplus = TripletLoss(
        batch_.x, pairs_, {.miner = miner, .form = TripletForm::kSoftplus, .margin = 0.4});
    EXPECT_NEAR(softplus.loss.item<double>(), soft / mined.size(), 1e-12);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TripletTest, testing::Range(0, 4));

class CollapsedTripletTest : public testing::Test {
 protected:
  const torch::Tensor y_ = torch::one_hot(torch::tensor({0, 0, 1, 1, 2}), 3);
  const PairRelation pairs_ = RelatePairs(y_, {.positive_shared = 0});
  const torch::Tensor constant_ = torch::tensor({{0.3, -0.4, 0.1}}).repeat({5, 1});
};

TEST_F(CollapsedTripletTest, LossSitsOnTheMarginAndEveryTripletIsActive) {
  for (TripletMiner miner : {TripletMiner::kBatchAll, TripletMiner::kBatchHard}) {
    const TripletResult result = TripletLoss(constant_, pairs_, {.miner = miner});
    EXPECT_NEAR(result.loss.item<double>(), 0.2, 1e-6);
    EXPECT_EQ(result.active, result.total);
    EXPECT_EQ(result.total, 12);  // 4 positive pairs of 3 negatives each.
    EXPECT_EQ(result.accuracy, 0);
  }
}

TEST_F(CollapsedTripletTest, WithoutMarginItIsAMinimum) {
  const TripletResult result = TripletLoss(constant_, pairs_, {.margin = 0});
  EXPECT_EQ(result.loss.item<double>(), 0);
  EXPECT_EQ(result.active, 0);
}

TEST_F(CollapsedTripletTest, FartherNegativesDoNotExist) {
  for (TripletMiner miner : {TripletMiner::kSemiHard, TripletMiner::kEasyPositive}) {
    const torch::Tensor x = constant_.clone().requires_grad_();
    const TripletResult result = TripletLoss(x, pairs_, {.miner = miner});
    EXPECT_EQ(result.mined, 0);
    EXPECT_EQ(result.active, 12);  // The guard still sees the collapse.
    EXPECT_EQ(result.loss.item<double>(), 0);
    result.loss.backward();
    EXPECT_EQ(x.grad().abs().sum().item<double>(), 0);
  }
}

TEST(TripletOptionsTest, RefusesBadInput) {
  const PairRelation pairs = RelatePairs(torch::eye(3));
  const torch::Tensor x = torch::randn({3, 2});
  EXPECT_THROW(TripletLoss(x, pairs, {.margin = -0.1}), c10::Error);
  EXPECT_THROW(TripletLoss(torch::randn({4, 2}), pairs), c10::Error);
  EXPECT_THROW(TripletLoss(torch::randn({3}), pairs), c10::Error);
  EXPECT_EQ(TripletLoss(x, pairs).accuracy, 0);  // No triplet.
}

}  // namespace
}  // namespace lookbook
