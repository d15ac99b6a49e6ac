#include "models/evaluate/isotonic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

namespace lookbook {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<JudgedPair> RandomPairs(int n, int distinct, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<JudgedPair> pairs;
  for (int i = 0; i < n; ++i) {
    const int place = static_cast<int>(random() % distinct);
    pairs.push_back({static_cast<float>(place) / static_cast<float>(distinct),
                     static_cast<int>(random() % distinct) < place});
  }
  return pairs;
}

// Mean answer and number of pairs of each similarity.
struct Group {
  double sum = 0;
  double pairs = 0;
};
std::map<float, Group> Groups(const std::vector<JudgedPair>& pairs) {
  std::map<float, Group> groups;
  for (const JudgedPair& pair : pairs) {
    groups[pair.similarity].sum += pair.relevant;
    groups[pair.similarity].pairs += 1;
  }
  return groups;
}

// The isotonic fit in its max-min form: max over starts <= i of min over ends >= i of the mean.
std::map<float, double> MaxMin(const std::map<float, Group>& groups) {
  std::map<float, double> out;
  for (auto at = groups.begin(); at != groups.end(); ++at) {
    double best = -1;
    for (auto start = groups.begin(); start != std::next(at); ++start) {
      double least = 2, sum = 0, pairs = 0;
      for (auto end = start; end != groups.end(); ++end) {
        sum += end->second.sum;
        pairs += end->second.pairs;
        if (end->first >= at->first) least = std::min(least, sum / pairs);
      }
      best = std::max(best, least);
    }
    out[at->first] = best;
  }
  return out;
}

double ValueAt(const std::vector<IsotonicBlock>& blocks, float similarity) {
  for (const IsotonicBlock& block : blocks) {
    if (similarity >= block.low && similarity <= block.high) return block.probability;
  }
  ADD_FAILURE() << "no block holds " << similarity;
  return -1;
}

TEST(IsotonicTest, EqualsTheMaxMinFormula) {
  for (uint32_t seed = 0; seed < 30; ++seed) {
    const std::vector<JudgedPair> pairs = RandomPairs(60, 5 + static_cast<int>(seed), seed);
    const std::vector<IsotonicBlock> blocks = FitIsotonic(pairs);
    double count = 0;
    for (const IsotonicBlock& block : blocks) count += block.pairs;
    EXPECT_EQ(count, 60);
    for (const auto& [similarity, want] : MaxMin(Groups(pairs)))
      EXPECT_NEAR(ValueAt(blocks, similarity), want, 1e-12) << seed << " " << similarity;
    for (size_t i = 1; i < blocks.size(); ++i) {
      EXPECT_GT(blocks[i].low, blocks[i - 1].high);
      EXPECT_GT(blocks[i].probability, blocks[i - 1].probability);
    }
  }
}

TEST(IsotonicTest, EqualSimilaritiesArePooledBeforeAnythingElse) {
  // In this order a fit that pools pair by pair would draw 0.1 into 0.2.
  const std::vector<IsotonicBlock> blocks = FitIsotonic(
      {{0.1F, false}, {0.1F, true}, {0.2F, false}, {0.2F, true}, {0.2F, true}, {0.2F, true}});
  ASSERT_THAT(blocks, SizeIs(2));
  EXPECT_EQ(blocks[0].probability, 0.5);
  EXPECT_EQ(blocks[1].probability, 0.75);
  EXPECT_THAT(FitIsotonic({}), IsEmpty());
}

TEST(JoinBlocksTest, KeepsPairsMeansAndOrder) {
  const std::vector<JudgedPair> pairs = RandomPairs(4000, 900, 3);
  const std::vector<IsotonicBlock> full = FitIsotonic(pairs);
  ASSERT_GT(full.size(), 12u);
  const std::vector<IsotonicBlock> few = JoinBlocks(full, 12);
  ASSERT_THAT(few, SizeIs(12));
  double count = 0, sum = 0, want = 0;
  for (const IsotonicBlock& block : few) {
    count += block.pairs;
    sum += block.pairs * block.probability;
  }
  for (const JudgedPair& pair : pairs) want += pair.relevant;
  EXPECT_EQ(count, 4000);
  EXPECT_NEAR(sum, want, 1e-9);
  for (size_t i = 1; i < few.size(); ++i) EXPECT_GT(few[i].probability, few[i - 1].probability);
  EXPECT_THAT(JoinBlocks(full, 100000), SizeIs(full.size()));
  EXPECT_THAT(JoinBlocks(full, 1), SizeIs(1));
}

TEST(JoinBlocksTest, JoinsTheNeighboursThatCostLeast) {
  const std::vector<IsotonicBlock> joined =
      JoinBlocks({{0, 0.1F, 0.1, 10}, {0.2F, 0.3F, 0.5, 10}, {0.4F, 0.5F, 0.55, 10}}, 2);
  ASSERT_THAT(joined, SizeIs(2));
  EXPECT_EQ(joined[0].probability, 0.1);
  EXPECT_NEAR(joined[1].probability, 0.525, 1e-12);
  EXPECT_EQ(joined[1].low, 0.2F);
  EXPECT_EQ(joined[1].high, 0.5F);
}

TEST(KnotsTest, AreFlatWithinBlocksAndStraightBetween) {
  const std::vector<Knot> knots =
      ToKnots(std::vector<IsotonicBlock>{{0.25F, 0.25F, 0.25, 4}, {0.5F, 0.75F, 0.75, 8}});
  ASSERT_THAT(knots, SizeIs(3));
  EXPECT_EQ(ProbabilityAt(knots, 0), 0.25);
  EXPECT_EQ(ProbabilityAt(knots, 0.25F), 0.25);
  EXPECT_EQ(ProbabilityAt(knots, 0.375F), 0.5);
  EXPECT_EQ(ProbabilityAt(knots, 0.625F), 0.75);
  EXPECT_EQ(ProbabilityAt(knots, 1), 0.75);
}

// The definition, bin by bin.
TEST(CalibrationErrorTest, EqualsThePlainLoop) {
  std::mt19937 random(4);
  std::vector<double> probabilities;
  std::vector<uint8_t> relevant;
  for (int i = 0; i < 101; ++i) {
    probabilities.push_back(static_cast<double>(random() % 1000000) / 1e6);
    relevant.push_back(random() % 3 == 0);
  }
  std::vector<std::pair<double, uint8_t>> sorted;
  for (int i = 0; i < 101; ++i) sorted.emplace_back(probabilities[i], relevant[i]);
  std::sort(sorted.begin(), sorted.end());
  double want = 0;
  for (int bin = 0; bin < 15; ++bin) {
    double p = 0, y = 0, n = 0;
    for (int i = 101 * bin / 15; i < 101 * (bin + 1) / 15; ++i) {
      p += sorted[i].first;
      y += sorted[i].second;
      n += 1;
    }
    want += n / 101 * std::abs(p / n - y / n);
  }
  EXPECT_NEAR(ExpectedCalibrationError(Reliability(probabilities, relevant)), want, 1e-12);
}

TEST(ReliabilityTest, BinsHoldEqualMassAndNoneIsEmpty) {
  const std::vector<ReliabilityBin> bins =
      Reliability(std::vector<double>{0.9, 0.1, 0.3, 0.7}, std::vector<uint8_t>{1, 0, 1, 1}, 2);
  ASSERT_THAT(bins, SizeIs(2));
  EXPECT_NEAR(bins[0].predicted, 0.2, 1e-12);
  EXPECT_EQ(bins[0].observed, 0.5);
  EXPECT_EQ(bins[1].pairs, 2);
  EXPECT_THAT(Reliability(std::vector<double>{0.5, 0.5}, std::vector<uint8_t>{1, 0}), SizeIs(2));
  EXPECT_THAT(Reliability({}, {}), IsEmpty());
}

TEST(CalibrationErrorTest, IsZeroWhenProbabilitiesAreRight) {
  const std::vector<double> probabilities(100, 0.25);
  std::vector<uint8_t> relevant;
  for (int i = 0; i < 100; ++i) relevant.push_back(i % 4 == 0);
  EXPECT_NEAR(ExpectedCalibrationError(Reliability(probabilities, relevant, 5)), 0, 1e-12);
  EXPECT_NEAR(ExpectedCalibrationError(Reliability(std::vector<double>(100, 0.75), relevant, 5)),
              0.5, 1e-12);
  EXPECT_EQ(ExpectedCalibrationError({}), 0);
}

TEST(ReliabilityTest, PooledWeighsBinsByTheirPairs) {
  const std::vector<ReliabilityBin> bins = {{0.5, 0.25, 10}, {0.75, 0.625, 30}};
  const ReliabilityBin all = Pooled(bins);
  EXPECT_EQ(all.predicted, 0.6875);
  EXPECT_EQ(all.observed, 0.53125);
  EXPECT_EQ(all.pairs, 40);
  EXPECT_EQ(Pooled({}).pairs, 0);
  EXPECT_EQ(Pooled({}).predicted, 0);
}

}  // namespace
}  // namespace lookbook
