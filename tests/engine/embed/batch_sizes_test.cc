#include "engine/embed/batch_sizes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::ElementsAre;

TEST(BatchSizesTest, CoarseOnesArePowersOfTwoAndTheLargest) {
  EXPECT_THAT(CoarseBatchSizes(1), ElementsAre(1));
  EXPECT_THAT(CoarseBatchSizes(8), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(CoarseBatchSizes(6), ElementsAre(1, 2, 4, 6));
}

TEST(BatchSizesTest, FineOnesAreFourAnOctaveFromEightOn) {
  EXPECT_THAT(FineBatchSizes(1), ElementsAre(1));
  EXPECT_THAT(FineBatchSizes(3), ElementsAre(1, 2, 3));
  EXPECT_THAT(FineBatchSizes(8), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(FineBatchSizes(32),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32));
  EXPECT_THAT(FineBatchSizes(9), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST(BatchSizesTest, FineOnesNeverWasteMoreThanAQuarter) {
  const std::vector<int> sizes = FineBatchSizes(1000);
  for (int n = 1; n <= 1000; ++n) {
    const int padded = PaddedBatchSize(sizes, n);
    EXPECT_GE(padded, n);
    EXPECT_LE(padded - n, n / 4) << n;
  }
}

TEST(BatchSizesTest, ABatchIsPaddedToTheNextSize) {
  EXPECT_EQ(PaddedBatchSize({1, 2, 4, 6}, 1), 1);
  EXPECT_EQ(PaddedBatchSize({1, 2, 4, 6}, 3), 4);
  EXPECT_EQ(PaddedBatchSize({1, 2, 4, 6}, 6), 6);
}

}  // namespace
}  // namespace lookbook
