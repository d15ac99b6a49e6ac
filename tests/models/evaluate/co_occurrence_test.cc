#include "models/evaluate/co_occurrence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Six images of three classes.
LabelMatrix Labels() {
  return {.n = 6,
          .classes = 3,
          .values = {1, 1, 0,  //
                     1, 1, 0,  //
                     1, 1, 0,  //
                     1, 1, 1,  //
                     0, 1, 1,  //
                     1, 0, 0}};
}

TEST(CoOccurrenceTest, SaysWhatIsPredictedOfThoseThatHaveBoth) {
  const std::vector<float> scores = {0.9f, 0.9f, 0.1f,   // both
                                     0.9f, 0.5f, 0.1f,   // 0.5 is not predicted
                                     0.2f, 0.7f, 0.1f,   // the second alone
                                     0.1f, 0.1f, 0.9f,   // neither
                                     0.8f, 0.9f, 0.9f,   // has not the first
                                     0.6f, 0.7f, 0.1f};  // has not the second
  const auto pairs = CommonestPairs(scores, Labels(), 5);
  ASSERT_THAT(pairs, SizeIs(3));
  EXPECT_EQ(pairs[0].first, 0);
  EXPECT_EQ(pairs[0].second, 1);
  EXPECT_EQ(pairs[0].images, 4);
  EXPECT_EQ(pairs[0].both, 1);
  EXPECT_EQ(pairs[0].first_alone, 1);
  EXPECT_EQ(pairs[0].second_alone, 1);
  EXPECT_EQ(pairs[0].neither, 1);
  EXPECT_EQ(pairs[0].invented, 2);
}

TEST(CoOccurrenceTest, TheCommonestComeFirstAndNoMoreThanAsked) {
  const std::vector<float> scores(18, 0.0f);
  const auto pairs = CommonestPairs(scores, Labels(), 2);
  ASSERT_THAT(pairs, SizeIs(2));
  EXPECT_EQ(pairs[0].images, 4);
  EXPECT_EQ(pairs[1].first, 1);
  EXPECT_EQ(pairs[1].second, 2);
  EXPECT_EQ(pairs[1].images, 2);
  EXPECT_EQ(pairs[1].neither, 2);
}

TEST(CoOccurrenceTest, WhereNothingComesTogetherThereIsNoPair) {
  const LabelMatrix labels{.n = 2, .classes = 2, .values = {1, 0, 0, 1}};
  EXPECT_THAT(CommonestPairs({0.9f, 0.9f, 0.9f, 0.9f}, labels, 5), IsEmpty());
}

}  // namespace
}  // namespace lookbook
