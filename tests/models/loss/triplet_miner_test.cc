#include "models/loss/triplet_miner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>

#include "models/loss/distance.h"
#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

using Triplet = std::array<int64_t, 3>;

std::vector<Triplet> ToTriplets(const torch::Tensor& tensor) {
  std::vector<Triplet> triplets;
  for (int64_t t = 0; t < tensor.size(0); ++t) {
    triplets.push_back(
        {tensor[t][0].item<int64_t>(), tensor[t][1].item<int64_t>(), tensor[t][2].item<int64_t>()});
  }
  return triplets;
}

// Every triplet that `keep` accepts.
template <typename Keep>
std::vector<Triplet> Filter(const PlainPairs& pairs, const Keep& keep) {
  std::vector<Triplet> kept;
  const int64_t batch = pairs.positive.size();
  for (int64_t a = 0; a < batch; ++a) {
    for (int64_t p = 0; p < batch; ++p) {
      for (int64_t n = 0; n < batch; ++n) {
        if (pairs.positive[a][p] && pairs.negative[a][n] && keep(a, p, n))
          kept.push_back({a, p, n});
      }
    }
  }
  return kept;
}

// The first index of a row that is best among those that `among` accepts; -1 without one.
template <typename Among, typename Better>
int64_t Best(const Row& row, const Among& among, const Better& better) {
  int64_t best = -1;
  for (int64_t j = 0; j < static_cast<int64_t>(row.size()); ++j) {
    if (among(j) && (best < 0 || better(row[j], row[best]))) best = j;
  }
  return best;
}

class TripletMinerTest : public testing::TestWithParam<int> {
 protected:
  std::vector<Triplet> Mine(TripletMiner miner, double margin = 0) const {
    return ToTriplets(MineTriplets(distances_, pairs_, miner, margin));
  }

  const RandomBatch batch_{GetParam(), 12, 3, 6};
  const PairRelation pairs_ =
      RelatePairs(batch_.y, {.positive_shared = 1, .positive_jaccard = 0.4});
  const torch::Tensor distances_ = PairwiseDistance(batch_.x);
  const PlainPairs plain_{pairs_};
  const Rows d_ = ToRows(distances_);
};

TEST_P(TripletMinerTest, BatchAllTakesEveryTriplet) {
  const auto all = Filter(plain_, [](auto...) { return true; });
  ASSERT_GT(all.size(), 10u);
  EXPECT_EQ(Mine(TripletMiner::kBatchAll), all);
}

TEST_P(TripletMinerTest, SemiHardNegativesAreFartherByNoMoreThanTheMargin) {
  const auto expected = Filter(plain_, [&](int64_t a, int64_t p, int64_t n) {
    return d_[a][n] - d_[a][p] > 0 && d_[a][n] - d_[a][p] <= 0.3;
  });
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(Mine(TripletMiner::kSemiHard, 0.3), expected);
}

TEST_P(TripletMinerTest, BatchHardTakesTheFarthestPositiveAndTheNearestNegative) {
  std::vector<Triplet> expected;
  for (int64_t a = 0; a < 12; ++a) {
    const int64_t p = Best(
        d_[a], [&](int64_t j) { return plain_.positive[a][j] != 0; }, std::greater<>());
    const int64_t n = Best(
        d_[a], [&](int64_t j) { return plain_.negative[a][j] != 0; }, std::less<>());
    if (p >= 0 && n >= 0) expected.push_back({a, p, n});
  }
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(Mine(TripletMiner::kBatchHard), expected);
}

TEST_P(TripletMinerTest, EasyPositiveTakesTheNearestPositiveAndTheNextFartherNegative) {
  std::vector<Triplet> expected;
  for (int64_t a = 0; a < 12; ++a) {
    const int64_t p = Best(
        d_[a], [&](int64_t j) { return plain_.positive[a][j] != 0; }, std::less<>());
    if (p < 0) continue;
    const int64_t n = Best(
        d_[a], [&](int64_t j) { return plain_.negative[a][j] != 0 && d_[a][j] > d_[a][p]; },
        std::less<>());
    if (n >= 0) expected.push_back({a, p, n});
  }
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(Mine(TripletMiner::kEasyPositive), expected);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TripletMinerTest, testing::Range(0, 6));

TEST(TripletMinerTieTest, TiesGoToTheLowerIndex) {
  const PairRelation pairs =
      RelatePairs(torch::one_hot(torch::tensor({0, 0, 0, 1, 1}), 2), {.positive_shared = 0});
  const torch::Tensor equal = torch::ones({5, 5});
  const auto mined = ToTriplets(MineTriplets(equal, pairs, TripletMiner::kBatchHard, 0));
  EXPECT_THAT(mined, testing::ElementsAre(Triplet{0, 1, 3}, Triplet{1, 0, 3}, Triplet{2, 0, 3},
                                          Triplet{3, 4, 0}, Triplet{4, 3, 0}));
  EXPECT_EQ(MineTriplets(equal, pairs, TripletMiner::kEasyPositive, 0).size(0), 0);
  EXPECT_EQ(MineTriplets(equal, pairs, TripletMiner::kSemiHard, 1).size(0), 0);
}

TEST(TripletMinerTieTest, RefusesARelationOfAnotherBatch) {
  const PairRelation pairs = RelatePairs(torch::eye(3));
  EXPECT_THROW(MineTriplets(torch::zeros({4, 4}), pairs, TripletMiner::kBatchAll, 0), c10::Error);
}

}  // namespace
}  // namespace lookbook
