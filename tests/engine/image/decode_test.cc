#include "engine/image/decode.h"

#include <random>
#include <set>

#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The pixel of the stored image that shows at (x, y) of the upright one, by the meaning of the tag:
// which edge of the picture the stored first row and first column are.
Image PlainUpright(const Image& stored, int orientation) {
  const int w = stored.width, h = stored.height;
  const bool swaps = orientation >= 5;
  Image upright{swaps ? h : w, swaps ? w : h, {}};
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const int rows[] = {y, y, h - 1 - y, h - 1 - y, x, h - 1 - x, h - 1 - x, x};
      const int columns[] = {x, w - 1 - x, w - 1 - x, x, y, y, w - 1 - y, w - 1 - y};
      const size_t at = size_t{3} * (size_t(rows[orientation - 1]) * w + columns[orientation - 1]);
      for (size_t c = 0; c < 3; ++c) upright.rgb.push_back(stored.rgb[at + c]);
    }
  }
  return upright;
}

Image Decoded(const std::string& bytes, const DecodeOptions& options = {}) {
  auto decoded = DecodeImage(bytes, options);
  EXPECT_THAT(decoded, IsOk());
  return decoded.ok() ? decoded->image : Image{};
}

TEST(DecodeImageTest, JpegIsCloseToWhatWasStored) {
  const Image image = GradientImage(97, 61);
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(MakeJpeg(image), {}));
  EXPECT_LE(LargestDifference(decoded.image, image), 8);
  EXPECT_EQ(decoded.header.format, ImageFormat::kJpeg);
  EXPECT_EQ(decoded.header.width, 97);
  EXPECT_EQ(decoded.header.height, 61);
  EXPECT_EQ(decoded.scale_denominator, 1);
  EXPECT_EQ(decoded.orientation, 1);
  EXPECT_THAT(decoded.warnings, IsEmpty());
}

TEST(DecodeImageTest, PngIsExactlyWhatWasStored) {
  const Image image = NoisyImage(41, 23);
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(MakePng(image), {}));
  EXPECT_EQ(decoded.image.rgb, image.rgb);
  EXPECT_EQ(decoded.header.format, ImageFormat::kPng);
}

TEST(DecodeImageTest, EveryOrientationOfAJpegIsHonoured) {
  const Image image = NoisyImage(40, 24);
  const Image stored = Decoded(MakeJpeg(image));
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const std::string jpeg = JpegWithOrientation(image, orientation);
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(jpeg, {}));
    EXPECT_EQ(decoded.orientation, orientation);
    EXPECT_EQ(decoded.header.width, 40);
    EXPECT_EQ(LargestDifference(decoded.image, PlainUpright(stored, orientation)), 0);
    DecodeOptions as_stored;
    as_stored.apply_orientation = false;
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage untouched, DecodeImage(jpeg, as_stored));
    EXPECT_EQ(LargestDifference(untouched.image, stored), 0);
    EXPECT_EQ(untouched.orientation, 1);
  }
}

TEST(DecodeImageTest, OrientationOfAPngIsHonoured) {
  const Image image = NoisyImage(20, 12);
  PngFileOptions options;
  options.before_data = PngChunk("eXIf", ExifOrientation(6, /*big_endian=*/true));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(MakePng(image, options), {}));
  EXPECT_EQ(decoded.orientation, 6);
  EXPECT_EQ(LargestDifference(decoded.image, PlainUpright(image, 6)), 0);
}

TEST(DecodeImageTest, ScaledDecodeKeepsTheShortSide) {
  const std::string jpeg = MakeJpeg(GradientImage(640, 400));
  struct Case {
    int min_short_side, denominator, width, height;
  };
  for (const Case& c : {Case{0, 1, 640, 400}, Case{401, 1, 640, 400}, Case{201, 1, 640, 400},
                        Case{200, 2, 320, 200}, Case{100, 4, 160, 100}, Case{51, 4, 160, 100},
                        Case{50, 8, 80, 50}, Case{1, 8, 80, 50}}) {
    SCOPED_TRACE(c.min_short_side);
    DecodeOptions options;
    options.min_short_side = c.min_short_side;
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(jpeg, options));
    EXPECT_EQ(decoded.scale_denominator, c.denominator);
    EXPECT_EQ(decoded.header.width, 640);  // As stored.
    EXPECT_LE(LargestDifference(decoded.image, GradientImage(c.width, c.height)), 8);
  }
}

TEST(DecodeImageTest, PngIsNeverScaled) {
  DecodeOptions options;
  options.min_short_side = 8;
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded,
                          DecodeImage(MakePng(NoisyImage(64, 64)), options));
  EXPECT_EQ(decoded.scale_denominator, 1);
  EXPECT_EQ(decoded.image.width, 64);
}

std::vector<std::pair<std::string, std::string>> SmallJpegs() {
  const Image image = NoisyImage(48, 40);
  std::vector<std::pair<std::string, std::string>> jpegs;
  JpegFileOptions options;
  options.quality = 75;
  jpegs.emplace_back("baseline", MakeJpeg(image, options));
  options.restart_interval = 2;
  jpegs.emplace_back("with restarts", MakeJpeg(image, options));
  options.restart_interval = 0;
  options.interleaved = false;
  jpegs.emplace_back("a scan a component", MakeJpeg(image, options));
  options.interleaved = true;
  options.progressive = true;
  jpegs.emplace_back("progressive", MakeJpeg(image, options));
  options.restart_interval = 1;
  jpegs.emplace_back("progressive with restarts", MakeJpeg(image, options));
  options = {};
  options.color = JpegColor::kGrey;
  jpegs.emplace_back("grey", MakeJpeg(image, options));
  options.color = JpegColor::kYcck;
  options.progressive = true;
  jpegs.emplace_back("progressive YCCK", MakeJpeg(image, options));
  return jpegs;
}

// The heart of "truncated": whatever the file and wherever it is cut, either every pixel is there
// or it is refused.
TEST(DecodeImageTest, ACutJpegIsRefusedOrComplete) {
  for (const auto& [name, jpeg] : SmallJpegs()) {
    const Image whole = Decoded(jpeg);
    int complete = 0;
    for (size_t length = 4; length < jpeg.size(); ++length) {
      SCOPED_TRACE(absl::StrCat(name, " cut to ", length, " of ", jpeg.size()));
      const auto decoded = DecodeImage(absl::string_view(jpeg).substr(0, length), {});
      if (decoded.ok()) {
        ++complete;
        ASSERT_EQ(LargestDifference(decoded->image, whole), 0);
        ASSERT_THAT(decoded->warnings, ElementsAre("missing_eoi"));
      } else {
        ASSERT_THAT(decoded, HasReason("truncated"));
      }
    }
    // Without EOI, without its second byte, and at most once more: a last byte that is all padding.
    EXPECT_GE(complete, 2) << name;
    EXPECT_LE(complete, 3) << name;
  }
}

TEST(DecodeImageTest, ACutPngIsRefused) {
  const std::string png = MakePng(NoisyImage(24, 20));
  for (size_t length = 9; length < png.size(); ++length) {
    const bool between_chunks = length == 33 || length == png.size() - 12;
    EXPECT_THAT(DecodeImage(absl::string_view(png).substr(0, length), {}),
                HasReason(between_chunks ? "corrupt" : "truncated"))
        << length;
  }
}

TEST(DecodeImageTest, CutBetweenTwoScansIsTruncated) {
  JpegFileOptions options;
  options.progressive = true;
  const std::string jpeg = MakeJpeg(NoisyImage(64, 64), options);
  const size_t last_scan = jpeg.rfind("\xFF\xDA");
  const size_t table = jpeg.rfind("\xFF\xC4", last_scan);
  ASSERT_NE(table, std::string::npos);
  EXPECT_THAT(DecodeImage(jpeg.substr(0, table), {}), HasReason("truncated"));
  // The same with an end marker was made on purpose: a coarse picture, but a whole file.
  EXPECT_THAT(DecodeImage(jpeg.substr(0, table) + "\xFF\xD9", {}), IsOk());
}

TEST(DecodeImageTest, AComponentThatNeverComesIsCorrupt) {
  JpegFileOptions options;
  options.interleaved = false;
  const std::string jpeg = MakeJpeg(NoisyImage(64, 64), options);
  const std::string two_of_three = jpeg.substr(0, jpeg.rfind("\xFF\xDA")) + "\xFF\xD9";
  EXPECT_THAT(DecodeImage(two_of_three, {}), HasReason("corrupt"));
}

TEST(DecodeImageTest, ScansAreLimitedInclusively) {
  const Image image = GradientImage(32, 32);
  for (const int scans : {100, 101}) {
    JpegFileOptions options;
    options.scans = scans;
    const auto decoded = DecodeImage(MakeJpeg(image, options), {});
    if (scans == 100) {
      ASSERT_THAT(decoded, IsOk());
      EXPECT_LE(LargestDifference(decoded->image, image), 12);
    } else {
      EXPECT_THAT(decoded, HasReason("too_many_scans"));
    }
  }
}

TEST(DecodeImageTest, TooManyScansAreRefusedBeforeTheFirstIsDecoded) {
  JpegFileOptions options;
  options.scans = 101;
  std::string jpeg = MakeJpeg(NoisyImage(32, 32), options);
  const size_t first = jpeg.find("\xFF\xDA");
  jpeg.replace(first + 20, 8, 8, '\x01');
  EXPECT_THAT(DecodeImage(jpeg, {}), HasReason("too_many_scans"));
  DecodeOptions more;
  more.limits.max_scans = 101;
  EXPECT_THAT(DecodeImage(jpeg, more),
              HasReason("corrupt"));  // What a decoder would have met first.
}

TEST(DecodeImageTest, ScansTimesPixelsAreLimitedBeyondTwentyScans) {
  const Image image = GradientImage(40, 25);  // 1,000 pixels.
  const auto decode = [&image](int scans, int64_t max_scan_pixels) {
    JpegFileOptions file;
    file.scans = scans;
    DecodeOptions options;
    options.limits.max_scan_pixels = max_scan_pixels;
    return DecodeImage(MakeJpeg(image, file), options);
  };
  EXPECT_THAT(decode(30, 30'000), IsOk());
  EXPECT_THAT(decode(31, 30'000), HasReason("too_many_scans"));
  EXPECT_THAT(decode(20, 1), IsOk());
  EXPECT_THAT(decode(21, 1), HasReason("too_many_scans"));
}

TEST(DecodeImageTest, CmykLooksLikeItsRgbTwin) {
  const Image image = GradientImage(64, 48);
  for (const JpegColor color :
       {JpegColor::kCmyk, JpegColor::kYcck, JpegColor::kPlainCmyk, JpegColor::kRgb}) {
    JpegFileOptions options;
    options.color = color;
    options.quality = 98;
    EXPECT_LE(LargestDifference(Decoded(MakeJpeg(image, options)), image), 10)
        << static_cast<int>(color);
  }
}

TEST(DecodeImageTest, SubsamplingAndGreyDecode) {
  const Image image = GradientImage(70, 50);
  for (const auto& [w, h] : {std::pair(1, 1), std::pair(2, 1), std::pair(1, 2), std::pair(4, 1)}) {
    JpegFileOptions options;
    options.luma_width = w;
    options.luma_height = h;
    EXPECT_LE(LargestDifference(Decoded(MakeJpeg(image, options)), image), 8);
  }
  JpegFileOptions grey;
  grey.color = JpegColor::kGrey;
  const Image decoded = Decoded(MakeJpeg(SolidImage(16, 16, 30, 60, 90), grey));
  EXPECT_LE(LargestDifference(decoded, SolidImage(16, 16, 60, 60, 60)), 1);
}

TEST(DecodeImageTest, OnlyTheFirstOfTwoJpegsCounts) {
  const std::string first = MakeJpeg(SolidImage(16, 16, 200, 10, 10));
  const std::string second = MakeJpeg(SolidImage(32, 32, 10, 10, 200));
  EXPECT_EQ(LargestDifference(Decoded(first + second), Decoded(first)), 0);
}

TEST(DecodeImageTest, HeaderReasonsPassThrough) {
  EXPECT_THAT(DecodeImage("", {}), HasReason("empty_image"));
  DecodeOptions options;
  options.limits.max_pixels = 15 * 16;
  EXPECT_THAT(DecodeImage(MakePng(GradientImage(16, 16)), options), HasReason("too_many_pixels"));
}

// Damage of any kind ends in pixels or in a reason of the closed set; the sanitizer lane watches
// the memory.
TEST(DecodeImageTest, RandomDamageEndsInAKnownReason) {
  const std::set<std::string> reasons = {
      "corrupt",        "truncated", "unsupported_jpeg", "unsupported_format",
      "bad_dimensions", "too_small", "bad_aspect",       "too_many_pixels"};
  std::vector<std::string> files;
  for (const auto& [name, jpeg] : SmallJpegs()) files.push_back(jpeg);
  files.push_back(JpegWithOrientation(NoisyImage(16, 16), 6));
  for (const PngColor color : {PngColor::kPalette, PngColor::kRgba}) {
    PngFileOptions options;
    options.color = color;
    options.interlaced = true;
    files.push_back(MakePng(NoisyImage(16, 16), options));
  }
  DecodeOptions options;
  options.limits.max_pixels = 1'000'000;
  std::mt19937 random(20261123);
  for (int round = 0; round < 3000; ++round) {
    std::string file = files[random() % files.size()];
    for (int i = 1 + static_cast<int>(random() % 4); i > 0; --i) {
      // Half of the blows go to the headers.
      const size_t range = random() % 2 == 0 ? std::min<size_t>(file.size(), 700) : file.size();
      file[random() % range] = static_cast<char>(random());
    }
    const auto decoded = DecodeImage(file, options);
    if (decoded.ok()) {
      ASSERT_EQ(decoded->image.rgb.size(),
                size_t{3} * decoded->image.width * decoded->image.height);
    } else {
      ASSERT_EQ(reasons.count(GetReason(decoded.status())), 1u) << decoded.status();
    }
  }
}

}  // namespace
}  // namespace lookbook
