#include "models/evaluate/label_overlap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace lookbook {
namespace {

using ::testing::ElementsAre;

TEST(LabelOverlapTest, EqualsThePlainLoopAcrossTwoMatrices) {
  constexpr int kClasses = 130;  // Three machine words.
  std::mt19937 random(1);
  LabelMatrix a{.n = 5, .classes = kClasses}, b{.n = 7, .classes = kClasses};
  for (int i = 0; i < 5 * kClasses; ++i) a.values.push_back(random() % 4 == 0);
  for (int i = 0; i < 7 * kClasses; ++i) b.values.push_back(random() % 4 == 0);
  const LabelSets of_a(a), of_b(b);
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 7; ++j) {
      int shared = 0, together = 0;
      for (int c = 0; c < kClasses; ++c) {
        shared += a.at(i, c) && b.at(j, c);
        together += a.at(i, c) || b.at(j, c);
      }
      EXPECT_EQ(of_a.Shared(i, of_b, j), shared);
      EXPECT_EQ(of_a.Jaccard(i, of_b, j), static_cast<double>(shared) / together);
    }
  }
}

TEST(LabelOverlapTest, TwoEmptySetsHaveNothingInCommon) {
  const LabelSets sets({.n = 2, .classes = 3, .values = {0, 0, 0, 0, 0, 0}});
  EXPECT_EQ(sets.Jaccard(0, sets, 1), 0);
}

TEST(LabelOverlapTest, OverlapsFollowTheOrderGiven) {
  const LabelSets sets({.n = 3, .classes = 2, .values = {1, 1, 1, 0, 0, 0}});
  const Overlaps overlaps = OverlapsInOrder(sets, 0, {2, 1});
  EXPECT_THAT(overlaps.shared, ElementsAre(0, 1));
  EXPECT_THAT(overlaps.jaccard, ElementsAre(0, 0.5));
}

}  // namespace
}  // namespace lookbook
