#include "engine/image/jpeg_decoder.h"

#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr int kAnyScans = 1000;

TEST(ScaleDenominatorTest, StrongestThatKeepsTheShortSide) {
  EXPECT_EQ(ScaleDenominator(4000, 3000, 256), 8);
  EXPECT_EQ(ScaleDenominator(3000, 4000, 376), 4);
  EXPECT_EQ(ScaleDenominator(512, 512, 256), 2);
  EXPECT_EQ(ScaleDenominator(512, 511, 256), 2);  // libjpeg rounds 255.5 up.
  EXPECT_EQ(ScaleDenominator(512, 510, 256), 1);
  EXPECT_EQ(ScaleDenominator(100, 100, 256), 1);
  EXPECT_EQ(ScaleDenominator(100, 100, 0), 1);
}

TEST(DecodeJpegTest, GivesTheSizeThatTheDenominatorPromises) {
  const std::string jpeg = MakeJpeg(GradientImage(101, 59));
  for (const int denominator : {1, 2, 4, 8}) {
    LB_ASSERT_OK_AND_ASSIGN(const JpegPixels pixels, DecodeJpeg(jpeg, denominator, kAnyScans));
    EXPECT_EQ(pixels.image.width, (101 + denominator - 1) / denominator);
    EXPECT_EQ(pixels.image.height, (59 + denominator - 1) / denominator);
    EXPECT_EQ(pixels.image.rgb.size(), size_t{3} * pixels.image.width * pixels.image.height);
    EXPECT_FALSE(pixels.missing_eoi);
  }
}

TEST(DecodeJpegTest, MissingEndMarkerIsToldApartFromACut) {
  const std::string jpeg = MakeJpeg(NoisyImage(64, 64));
  LB_ASSERT_OK_AND_ASSIGN(const JpegPixels whole, DecodeJpeg(jpeg, 1, kAnyScans));
  LB_ASSERT_OK_AND_ASSIGN(const JpegPixels open, DecodeJpeg(WithoutEoi(jpeg), 1, kAnyScans));
  EXPECT_TRUE(open.missing_eoi);
  EXPECT_EQ(open.image.rgb, whole.image.rgb);
  EXPECT_THAT(DecodeJpeg(jpeg.substr(0, jpeg.size() - 6), 1, kAnyScans), HasReason("truncated"));
  EXPECT_THAT(DecodeJpeg(jpeg.substr(0, jpeg.size() - 100) + "\xFF\xD9", 1, kAnyScans),
              HasReason("corrupt"));
}

TEST(DecodeJpegTest, InkIsInvertedOnlyInAdobesFiles) {
  // Full cyan and magenta, half yellow, no black: what is left is half blue's complement.
  const Image image = SolidImage(16, 16, 200, 100, 50);
  for (const JpegColor color : {JpegColor::kCmyk, JpegColor::kPlainCmyk}) {
    JpegFileOptions options;
    options.color = color;
    options.quality = 100;
    LB_ASSERT_OK_AND_ASSIGN(const JpegPixels pixels,
                            DecodeJpeg(MakeJpeg(image, options), 1, kAnyScans));
    EXPECT_LE(LargestDifference(pixels.image, image), 2);
  }
}

TEST(DecodeJpegTest, ScansBeyondTheLimitAreRefusedWhileDecoding) {
  JpegFileOptions options;
  options.scans = 12;
  const std::string jpeg = MakeJpeg(NoisyImage(32, 32), options);
  EXPECT_THAT(DecodeJpeg(jpeg, 1, 12), IsOk());
  EXPECT_THAT(DecodeJpeg(jpeg, 1, 11), HasReason("too_many_scans"));
}

TEST(DecodeJpegTest, ReasonsOfRefusal) {
  const std::string jpeg = MakeJpeg(NoisyImage(32, 32));
  EXPECT_THAT(DecodeJpeg("no JPEG", 1, kAnyScans), HasReason("corrupt"));
  std::string lossless = jpeg;
  lossless[FindJpegMarker(jpeg, 0xC0) + 1] = '\xC3';
  EXPECT_THAT(DecodeJpeg(lossless, 1, kAnyScans), HasReason("unsupported_jpeg"));
  JpegFileOptions options;
  options.progressive = true;
  EXPECT_THAT(
      DecodeJpeg(WithJpegSize(MakeJpeg(NoisyImage(32, 32), options), 60000, 60000), 8, kAnyScans),
      StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace lookbook
