#include "models/export/golden_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "engine/image/decode.h"
#include "engine/image/preprocess.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// What a network of side 32 would see of it: a reader that decodes at full size sees something
// else.
TEST(GoldenImagesTest, LargeJpegIsDecodedAtAnotherScaleWithOtherPixels) {
  PreprocessSpec spec;
  spec.size = 32;
  for (const auto& [sides, scale] : {std::pair(9, 4), std::pair(10, 4), std::pair(5, 2)}) {
    LB_ASSERT_OK_AND_ASSIGN(const std::string file,
                            LargeTexturedJpeg(GradientImage(64, 48), sides * spec.size, scale));
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage scaled,
                            DecodeImage(file, {.min_short_side = spec.MinDecodedSide()}));
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage full, DecodeImage(file, {}));
    EXPECT_EQ(scaled.scale_denominator, scale);
    EXPECT_EQ(scaled.image.width, sides * spec.size / scale);
    EXPECT_EQ(full.image.height, sides * spec.size);
    LB_ASSERT_OK_AND_ASSIGN(const Image one, ResizeForModel(scaled.image, spec));
    LB_ASSERT_OK_AND_ASSIGN(const Image other, ResizeForModel(full.image, spec));
    double sum = 0;
    for (size_t i = 0; i < one.rgb.size(); ++i) sum += std::abs(one.rgb[i] - other.rgb[i]);
    EXPECT_GT(sum / static_cast<double>(one.rgb.size()), 5) << sides << " at 1/" << scale;
  }
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
  EXPECT_THAT(LargeTexturedJpeg({}, 64, 4), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(LargeTexturedJpeg(SolidImage(8, 8, 1, 2, 3), 0, 4),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(LargeTexturedJpeg(SolidImage(8, 8, 1, 2, 3), 64, 0),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(OrientedJpeg(SolidImage(8, 8, 1, 2, 3), 9),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(TranslucentPng({}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
