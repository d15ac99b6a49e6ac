#include "engine/image/encode.h"

#include "engine/image/decode.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(EncodeJpegTest, DecodesToWhatWasEncoded) {
  const Image image = GradientImage(75, 33);
  LB_ASSERT_OK_AND_ASSIGN(const std::string jpeg, EncodeJpeg(image, 90));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(jpeg, {}));
  EXPECT_LE(LargestDifference(decoded.image, image), 8);
}

TEST(EncodeJpegTest, QualityCostsBytesAndGivesTheSameBytesTwice) {
  const Image image = NoisyImage(64, 64);
  LB_ASSERT_OK_AND_ASSIGN(const std::string low, EncodeJpeg(image, 30));
  LB_ASSERT_OK_AND_ASSIGN(const std::string high, EncodeJpeg(image, 95));
  LB_ASSERT_OK_AND_ASSIGN(const std::string again, EncodeJpeg(image, 95));
  EXPECT_LT(low.size(), high.size());
  EXPECT_EQ(high, again);
}

TEST(EncodeJpegTest, TheWorstImageFitsItsBuffer) {
  for (const int side : {1, 15, 16, 17, 256}) {
    Image checker = SolidImage(side, side, 0, 0, 0);
    uint32_t state = 1;
    for (uint8_t& sample : checker.rgb) {
      state = state * 1664525 + 1013904223;
      sample = state >> 31 ? 255 : 0;
    }
    EXPECT_THAT(EncodeJpeg(checker, 100), IsOk()) << side;
  }
}

TEST(EncodeJpegTest, RefusesWhatIsNoImage) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(EncodeJpeg(Image{}, 90), invalid);
  EXPECT_THAT(EncodeJpeg(Image{2, 2, std::vector<uint8_t>(11)}, 90), invalid);
  EXPECT_THAT(EncodeJpeg(SolidImage(65501, 1, 0, 0, 0), 90), invalid);
  EXPECT_THAT(EncodeJpeg(SolidImage(2, 2, 0, 0, 0), 0), invalid);
  EXPECT_THAT(EncodeJpeg(SolidImage(2, 2, 0, 0, 0), 101), invalid);
}

}  // namespace
}  // namespace lookbook
