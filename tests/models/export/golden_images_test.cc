#include "models/export/golden_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/image/decode.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(GoldenImagesTest, LargeJpegIsDecodedAtAnotherScaleWithOtherPixels) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string file, LargeTexturedJpeg(GradientImage(64, 48), 512));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage quarter, DecodeImage(file, {.min_short_side = 128}));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage full, DecodeImage(file, {}));
  EXPECT_EQ(quarter.scale_denominator, 4);
  EXPECT_EQ(quarter.image.width, 128);
  EXPECT_EQ(full.image.width, 512);
  EXPECT_EQ(full.image.height, 512);
  // The mean of each 4 × 4 block differs visibly from what the scaled decode gives: the stripes
  // alias.
  int largest = 0;
  for (int y = 0; y < 128; ++y) {
    for (int x = 0; x < 128; ++x) {
      int sum = 0;
      for (int dy = 0; dy < 4; ++dy) {
        for (int dx = 0; dx < 4; ++dx) sum += full.image.rgb[3 * ((4 * y + dy) * 512 + 4 * x + dx)];
      }
      largest = std::max(largest, std::abs(sum / 16 - quarter.image.rgb[3 * (y * 128 + x)]));
    }
  }
  EXPECT_GE(largest, 12);
}

TEST(GoldenImagesTest, OrientedJpegTurnsBack) {
  const Image image = GradientImage(48, 32);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    LB_ASSERT_OK_AND_ASSIGN(const std::string file, OrientedJpeg(image, orientation));
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage stored,
                            DecodeImage(file, {.apply_orientation = false}));
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage upright, DecodeImage(file, {}));
    EXPECT_EQ(upright.orientation, orientation);
    EXPECT_LE(LargestDifference(stored.image, image), 40) << "the pixels themselves are not turned";
    EXPECT_EQ(upright.image.width, orientation >= 5 ? 32 : 48);
    if (orientation > 1) {
      EXPECT_GT(LargestDifference(upright.image, stored.image), 40);
    }
  }
}

TEST(GoldenImagesTest, TranslucentPngIsCompositedOnWhite) {
  const Image image = SolidImage(40, 20, 10, 100, 200);
  LB_ASSERT_OK_AND_ASSIGN(const std::string file, TranslucentPng(image));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(file, {}));
  ASSERT_EQ(decoded.image.width, 40);
  ASSERT_EQ(decoded.image.height, 20);
  EXPECT_GT(decoded.image.rgb[0], 200) << "nearly transparent: nearly white";
  const size_t middle = 3 * (10 * 40 + 30);
  EXPECT_EQ(decoded.image.rgb[middle], 10);
  EXPECT_EQ(decoded.image.rgb[middle + 2], 200);
}

TEST(GoldenImagesTest, BadInputIsRefused) {
  EXPECT_THAT(LargeTexturedJpeg({}, 64), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(LargeTexturedJpeg(SolidImage(8, 8, 1, 2, 3), 0),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(OrientedJpeg(SolidImage(8, 8, 1, 2, 3), 9),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(TranslucentPng({}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
