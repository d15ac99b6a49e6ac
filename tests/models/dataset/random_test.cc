#include "models/dataset/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

TEST(RandomTest, EngineIsTheOneOfTheStandard) {
  Random random(5489);  // The standard's default seed; [rand.predef] fixes the 10,000th value.
  uint64_t value = 0;
  for (int i = 0; i < 10000; ++i) value = random.Bits();
  EXPECT_EQ(value, 9981545732273789042u);
}

// Values of a second implementation of the engine and of both methods.
TEST(RandomTest, DrawsAreFixedForEver) {
  Random random(7);
  std::vector<uint64_t> draws;
  for (int i = 0; i < 6; ++i) draws.push_back(random.Below(10));
  std::vector<int> order = {0, 1, 2, 3, 4, 5, 6, 7};
  random.Shuffle(&order);
  EXPECT_THAT(draws, ElementsAre(5, 0, 8, 6, 1, 8));
  EXPECT_THAT(order, ElementsAre(5, 7, 6, 2, 0, 3, 4, 1));
}

TEST(RandomTest, BelowCoversItsRangeEvenly) {
  Random random(1);
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70000; ++i) ++counts[random.Below(7)];
  EXPECT_THAT(counts, Each(AllOf(Ge(9500), Le(10500))));  // 10,000 ± 5 standard deviations.
  EXPECT_EQ(Random(1).Below(1), 0u);
  EXPECT_LT(Random(1).Below(UINT64_MAX), UINT64_MAX);
}

TEST(RandomTest, UniformStaysBelowOneAndHasItsMean) {
  Random random(2);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double value = random.Uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

TEST(RandomTest, WeightedFollowsItsWeightsAndSkipsZeros) {
  Random random(3);
  std::vector<int> counts(4, 0);
  for (int i = 0; i < 40000; ++i) ++counts[random.Weighted({0, 1, 3, 0})];
  EXPECT_EQ(counts[0], 0);
  EXPECT_EQ(counts[3], 0);
  EXPECT_NEAR(counts[1], 10000, 450);
}

TEST(RandomTest, ShuffleReachesEveryOrderAlike) {
  Random random(4);
  std::map<std::vector<int>, int> seen;
  for (int i = 0; i < 6000; ++i) {
    std::vector<int> order = {0, 1, 2};
    random.Shuffle(&order);
    ++seen[order];
  }
  EXPECT_EQ(seen.size(), 6u);
  for (const auto& [order, count] : seen) EXPECT_NEAR(count, 1000, 150);
}

TEST(MixSeedTest, EveryPartMatters) {
  std::set<uint64_t> seeds;
  for (uint64_t a = 0; a < 20; ++a) {
    for (uint64_t b = 0; b < 20; ++b) seeds.insert(MixSeed({a, b}));
  }
  EXPECT_EQ(seeds.size(), 400u);
  EXPECT_NE(MixSeed({1}), MixSeed({1, 0}));
  EXPECT_EQ(MixSeed({1, 2, 3}), MixSeed({1, 2, 3}));
}

}  // namespace
}  // namespace lookbook
