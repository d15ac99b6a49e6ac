#include "server/pipeline/wait_estimator.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);
constexpr bool kPicture = true;

class WaitEstimatorTest : public ::testing::Test {
 protected:
  void Decodes(absl::Duration each) {
    for (int i = 0; i < 15; ++i) estimator_.DecodeTook(kNow, each);
  }
  void Batches(int queries, absl::Duration each) {
    for (int i = 0; i < 15; ++i) estimator_.BatchTook(kNow, queries, each);
  }

  WaitEstimator estimator_{/*decode_threads=*/4, /*batch_workers=*/2};
};

TEST_F(WaitEstimatorTest, WithoutMeasurementsNothingIsKnown) {
  EXPECT_FALSE(estimator_.Estimate(kNow, {60, 60}, kPicture));
  Decodes(absl::Seconds(1));
  EXPECT_FALSE(estimator_.Estimate(kNow, {60, 60}, kPicture)) << "no batch was run";
  for (int i = 0; i < 4; ++i) estimator_.BatchTook(kNow, 8, absl::Seconds(1));
  EXPECT_FALSE(estimator_.Estimate(kNow, {60, 60}, kPicture)) << "too few batches were run";
}

TEST_F(WaitEstimatorTest, ABatchIsWorthWaitingForWhatDecodesInHalfItsTime) {
  EXPECT_EQ(estimator_.BatchWorthWaiting(kNow), absl::ZeroDuration());
  Batches(8, absl::Milliseconds(80));
  EXPECT_EQ(estimator_.BatchWorthWaiting(kNow), absl::ZeroDuration()) << "no picture was decoded";
  Decodes(absl::Milliseconds(40));
  EXPECT_EQ(estimator_.BatchWorthWaiting(kNow), absl::Milliseconds(80));
  Decodes(absl::Milliseconds(41));
  EXPECT_EQ(estimator_.BatchWorthWaiting(kNow), absl::ZeroDuration());
}

TEST_F(WaitEstimatorTest, AQueryIsReckonedToTakeItsShareOfABatchAndAQuarterMore) {
  EXPECT_EQ(estimator_.QueryTakes(kNow), absl::ZeroDuration());
  Batches(8, absl::Milliseconds(80));
  EXPECT_EQ(estimator_.QueryTakes(kNow), absl::Microseconds(12500));
}

TEST_F(WaitEstimatorTest, TheWaitIsWhatIsAheadAtThePaceOfAllWorkers) {
  Batches(8, absl::Milliseconds(80));  // 10 ms a query; two workers.
  Decodes(absl::Milliseconds(4));
  const auto times = estimator_.Estimate(kNow, {10, 30}, kPicture);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->wait, absl::Milliseconds(150));
  EXPECT_EQ(times->stay, absl::Milliseconds(150 + 4 + 100));
}

TEST_F(WaitEstimatorTest, TheSlowerStationCounts) {
  Batches(8, absl::Milliseconds(8));
  Decodes(absl::Milliseconds(100));
  const auto times = estimator_.Estimate(kNow, {20, 30}, kPicture);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->wait, absl::Milliseconds(500)) << "20 pictures over four threads";
  EXPECT_EQ(times->stay, absl::Milliseconds(500 + 100 + 10));
}

TEST_F(WaitEstimatorTest, AQueryWithoutAPicturePassesByThoseThatAreNotDecoded) {
  Batches(8, absl::Milliseconds(80));
  Decodes(absl::Seconds(1));
  const auto times = estimator_.Estimate(kNow, {20, 30}, !kPicture);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->wait, absl::Milliseconds(50));
  EXPECT_EQ(times->stay, absl::Milliseconds(150));
  // The two counts are not read at the same moment.
  EXPECT_EQ(estimator_.Estimate(kNow, {2, 1}, !kPicture)->wait, absl::ZeroDuration());
}

TEST_F(WaitEstimatorTest, WhenNobodyIsAheadOnlyItsOwnTimesCount) {
  Batches(1, absl::Milliseconds(30));
  EXPECT_EQ(estimator_.Estimate(kNow, {}, kPicture)->wait, absl::ZeroDuration());
  EXPECT_EQ(estimator_.Estimate(kNow, {}, kPicture)->stay, absl::Microseconds(37500))
      << "no picture was decoded yet";
}

TEST_F(WaitEstimatorTest, AWorkerIsIdleWhileFewerAreInsideThanThereAreWorkers) {
  EXPECT_TRUE(estimator_.HasIdleWorker({0, 0}));
  EXPECT_TRUE(estimator_.HasIdleWorker({1, 1}));
  EXPECT_FALSE(estimator_.HasIdleWorker({0, 2}));
}

TEST_F(WaitEstimatorTest, ASpellOfLongAgoIsForgotten) {
  Batches(8, absl::Seconds(60));
  EXPECT_TRUE(estimator_.Estimate(kNow + RecentMedian::kAge, {0, 1}, kPicture));
  EXPECT_FALSE(estimator_.Estimate(kNow + RecentMedian::kAge + absl::Seconds(1), {0, 1}, kPicture));
}

}  // namespace
}  // namespace lookbook
