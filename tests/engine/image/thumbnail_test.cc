#include "engine/image/thumbnail.h"

#include "engine/image/decode.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(ShrinkToFitTest, KeepsTheShape) {
  for (const auto& [width, height, w, h] :
       {std::tuple(400, 200, 100, 50), std::tuple(200, 400, 50, 100), std::tuple(333, 100, 100, 30),
        std::tuple(1600, 8, 100, 1), std::tuple(100, 100, 100, 100), std::tuple(60, 40, 60, 40)}) {
    LB_ASSERT_OK_AND_ASSIGN(const Image small, ShrinkToFit(GradientImage(width, height), 100));
    EXPECT_EQ(small.width, w);
    EXPECT_EQ(small.height, h);
    if (h > 10) {
      EXPECT_LE(LargestDifference(small, GradientImage(w, h)), 3);
    }
  }
}

TEST(ShrinkToFitTest, RefusesNothingness) {
  EXPECT_THAT(ShrinkToFit(Image{}, 10), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ShrinkToFit(NoisyImage(4, 4), 0), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(MakeThumbnailTest, IsASmallJpeg) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string jpeg, MakeThumbnail(GradientImage(640, 480)));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(jpeg, {}));
  EXPECT_EQ(decoded.header.format, ImageFormat::kJpeg);
  EXPECT_LE(LargestDifference(decoded.image, GradientImage(128, 96)), 10);
  EXPECT_LT(jpeg.size(), 8000u);
  EXPECT_THAT(MakeThumbnail(Image{}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
