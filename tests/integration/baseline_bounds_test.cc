// The trainer's baseline histogram and the server's live one can be laid over each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/evaluate/calibration.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {
namespace {

TEST(BaselineBoundsTest, TrainerAndServerCountInTheSameBuckets) {
  EXPECT_THAT(Top1SimilarityBounds(), ::testing::ElementsAreArray(kTop1Bounds));
}

}  // namespace
}  // namespace lookbook
