#include "models/evaluate/single_label.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(SingleLabelTest, OneImageWithTwoClassesOrNoneMakesItAnotherKindOfSet) {
  EXPECT_THAT(SingleClasses({.n = 3, .classes = 3, .values = {0, 1, 0, 1, 0, 0, 0, 0, 1}}),
              Optional(ElementsAre(1, 0, 2)));
  EXPECT_EQ(SingleClasses({.n = 2, .classes = 3, .values = {0, 1, 0, 1, 1, 0}}), std::nullopt);
  EXPECT_EQ(SingleClasses({.n = 2, .classes = 3, .values = {0, 1, 0, 0, 0, 0}}), std::nullopt);
  EXPECT_EQ(SingleClasses({.n = 0, .classes = 3}), std::nullopt);
}

TEST(SingleLabelTest, AccuracyIsOfTheHighestScoreHoweverLow) {
  const std::vector<float> scores = {0.1f, 0.2f, 0.0f,   // 1: right, though below one half.
                                     0.9f, 0.8f, 0.1f,   // 0: wrong.
                                     0.3f, 0.1f, 0.3f,   // 0 and 2: the first counts, wrong.
                                     0.7f, 0.7f, 0.2f};  // 0 and 1: the first counts, right.
  EXPECT_EQ(Top1Accuracy(scores, 3, {1, 1, 2, 0}), 0.5);
}

TEST(SingleLabelTest, FiveNearestVote) {
  // Items 0 … 5 have the classes 0, 0, 1, 1, 2, 1.
  const std::vector<int> gallery = {0, 0, 1, 1, 2, 1};
  const std::vector<int64_t> top = {
      0, 2, 3, 4, 5, 1,  // 0 1 1 2 1 | 0: class 1 has three votes; the sixth has none.
      4, 0, 2, 3, 1, 5,  // 2 0 1 1 0 | 1: two each for 0 and 1; 0 is nearer.
      4, 2, 0, 1, 3, 5,  // 2 1 0 0 1 | 1: two each; 1 is nearer.
  };
  EXPECT_EQ(KnnAccuracy(top, 6, {1, 0, 1}, gallery), 1);
  EXPECT_NEAR(KnnAccuracy(top, 6, {1, 1, 2}, gallery), 1.0 / 3, 1e-12);
}

TEST(SingleLabelTest, FewerThanFiveItemsVoteToo) {
  EXPECT_EQ(KnnAccuracy({1, 0, 0, 1}, 2, {7, 4}, {4, 7}), 1) << "one vote each: the nearer";
}

}  // namespace
}  // namespace lookbook
