#include "server/security/token_bucket.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);

// Whether `cost` is let through; then it is taken.
bool Take(TokenBucket* bucket, double cost, absl::Time now) {
  if (bucket->WaitFor(cost, now) > absl::ZeroDuration()) return false;
  bucket->Take(cost);
  return true;
}

TEST(TokenBucketTest, ABurstAtOnceThenAsManyAsTheRateAllows) {
  TokenBucket bucket(/*per_second=*/10, /*burst=*/3, kStart);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Take(&bucket, 1, kStart)) << i;
  EXPECT_FALSE(Take(&bucket, 1, kStart));
  EXPECT_EQ(bucket.WaitFor(1, kStart), absl::Milliseconds(100));
  EXPECT_FALSE(Take(&bucket, 1, kStart + absl::Milliseconds(99)));
  EXPECT_TRUE(Take(&bucket, 1, kStart + absl::Milliseconds(100)));
  EXPECT_FALSE(Take(&bucket, 1, kStart + absl::Milliseconds(100)));
}

TEST(TokenBucketTest, ALongPauseSavesUpNoMoreThanTheBurst) {
  TokenBucket bucket(10, 3, kStart);
  const absl::Time later = kStart + absl::Hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Take(&bucket, 1, later)) << i;
  EXPECT_FALSE(Take(&bucket, 1, later));
}

TEST(TokenBucketTest, AskingTakesNothing) {
  TokenBucket bucket(10, 1, kStart);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(bucket.WaitFor(1, kStart), absl::ZeroDuration());
  EXPECT_TRUE(Take(&bucket, 1, kStart));
}

TEST(TokenBucketTest, WhatIsLargerThanTheBurstWaitsForAFullBucketAndIsPaidOff) {
  TokenBucket bucket(/*per_second=*/100, /*burst=*/100, kStart);
  EXPECT_TRUE(Take(&bucket, 500, kStart));
  EXPECT_EQ(bucket.WaitFor(1, kStart), absl::Seconds(4.01));
  EXPECT_EQ(bucket.WaitFor(500, kStart), absl::Seconds(5)) << "a full bucket again";
  EXPECT_TRUE(Take(&bucket, 500, kStart + absl::Seconds(5)));
}

TEST(TokenBucketTest, ATimeThatComesLateTakesNothingBack) {
  TokenBucket bucket(10, 1, kStart + absl::Seconds(1));
  EXPECT_TRUE(Take(&bucket, 1, kStart));
  EXPECT_EQ(bucket.WaitFor(1, kStart), absl::Milliseconds(100));
}

TEST(TokenBucketTest, InTheLongRunTheRateHolds) {
  TokenBucket bucket(/*per_second=*/50, /*burst=*/5, kStart);
  int let_through = 0;
  for (int millisecond = 0; millisecond < 10'000; ++millisecond) {
    let_through += Take(&bucket, 1, kStart + absl::Milliseconds(millisecond));
  }
  EXPECT_GE(let_through, 500);
  EXPECT_LE(let_through, 505);
}

}  // namespace
}  // namespace lookbook
