#include "server/pipeline/recent_median.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);

class RecentMedianTest : public ::testing::Test {
 protected:
  void Add(int times, absl::Duration value) {
    for (int i = 0; i < times; ++i) median_.Add(now_, value);
  }

  absl::Time now_ = kStart;
  RecentMedian median_;
};

TEST_F(RecentMedianTest, FewSamplesSayNothing) {
  EXPECT_EQ(median_.Value(now_), std::nullopt);
  Add(RecentMedian::kFewest - 1, absl::Seconds(1));
  EXPECT_EQ(median_.Value(now_), std::nullopt);
  Add(1, absl::Seconds(1));
  EXPECT_EQ(median_.Value(now_), absl::Seconds(1));
}

TEST_F(RecentMedianTest, HalfOfTheSamplesAreBelow) {
  for (int i : {5, 1, 4, 2, 3}) Add(1, absl::Seconds(i));
  EXPECT_EQ(median_.Value(now_), absl::Seconds(3));
}

TEST_F(RecentMedianTest, OneThatWasStoppedByTheMachineDoesNotCount) {
  Add(RecentMedian::kFewest - 1, absl::Milliseconds(10));
  Add(1, absl::Hours(1));
  EXPECT_EQ(median_.Value(now_), absl::Milliseconds(10));
}

TEST_F(RecentMedianTest, ANewPaceIsKnownOnceHalfOfTheSamplesAreOfIt) {
  Add(RecentMedian::kSamples, absl::Seconds(2));
  Add(RecentMedian::kSamples / 2, absl::Milliseconds(10));
  EXPECT_EQ(median_.Value(now_), absl::Seconds(2));
  Add(1, absl::Milliseconds(10));
  EXPECT_EQ(median_.Value(now_), absl::Milliseconds(10));
}

TEST_F(RecentMedianTest, SamplesOfLongAgoSayNothing) {
  Add(RecentMedian::kSamples, absl::Seconds(2));
  now_ += RecentMedian::kAge;
  EXPECT_EQ(median_.Value(now_), absl::Seconds(2));
  now_ += absl::Nanoseconds(1);
  EXPECT_EQ(median_.Value(now_), std::nullopt);
  Add(RecentMedian::kFewest, absl::Milliseconds(10));
  EXPECT_EQ(median_.Value(now_), absl::Milliseconds(10));
}

}  // namespace
}  // namespace lookbook
