// What a picture is charged before it is decoded holds for what decoding it takes.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/image/decode.h"
#include "tests/support/heap_peak.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

struct NamedFile {
  std::string name, bytes;
};

JpegFileOptions Jpeg(JpegColor color, int luma_width, int luma_height, int orientation) {
  JpegFileOptions options;
  options.color = color;
  options.luma_width = luma_width;
  options.luma_height = luma_height;
  options.exif = ExifOrientation(orientation);
  return options;
}

// Every way in which a decoder holds a picture, upright and not.
std::vector<NamedFile> Jpegs(const Image& image, int orientation) {
  std::vector<NamedFile> files;
  for (const JpegColor color :
       {JpegColor::kYcc, JpegColor::kGrey, JpegColor::kCmyk, JpegColor::kYcck}) {
    for (const auto& [w, h] :
         {std::pair(1, 1), std::pair(2, 2), std::pair(4, 1), std::pair(1, 4), std::pair(4, 4)}) {
      JpegFileOptions options = Jpeg(color, w, h, orientation);
      const std::string kind = absl::StrCat(" JPEG of colour ", static_cast<int>(color), ", ", w,
                                            "x", h, ", orientation ", orientation);
      options.interleaved = false;
      files.push_back({"a scan a component" + kind, MakeJpeg(image, options)});
      if (w * h > 4) continue;  // A unit of all components holds ten blocks at most.
      options.interleaved = true;
      files.push_back({"baseline" + kind, MakeJpeg(image, options)});
      options.progressive = true;
      files.push_back({"progressive" + kind, MakeJpeg(image, options)});
    }
  }
  return files;
}

std::vector<NamedFile> Pngs(const Image& image, int orientation) {
  std::vector<NamedFile> files;
  for (const auto& [color, depth] :
       {std::pair(PngColor::kRgb, 8), std::pair(PngColor::kRgb, 16), std::pair(PngColor::kRgba, 8),
        std::pair(PngColor::kRgba, 16), std::pair(PngColor::kGreyAlpha, 8),
        std::pair(PngColor::kPalette, 8), std::pair(PngColor::kPalette, 1)}) {
    for (const bool interlaced : {false, true}) {
      PngFileOptions options;
      options.color = color;
      options.depth = depth;
      options.interlaced = interlaced;
      options.before_data = PngChunk("eXIf", ExifOrientation(orientation));
      files.push_back(
          {absl::StrCat(interlaced ? "interlaced" : "plain", " PNG of colour ",
                        static_cast<int>(color), ", ", depth, " bits, orientation ", orientation),
           MakePng(image, options)});
    }
  }
  return files;
}

std::vector<NamedFile> Files(const Image& image) {
  std::vector<NamedFile> files;
  for (const int orientation : {1, 7}) {
    for (const auto& made : {Jpegs(image, orientation), Pngs(image, orientation)}) {
      files.insert(files.end(), made.begin(), made.end());
    }
  }
  return files;
}

struct Bytes {
  int64_t charged = 0;
  int64_t taken = 0;
};

Bytes Decode(const std::string& file, const DecodeOptions& options) {
  Bytes bytes;
  const HeapPeak peak;
  const auto decoded = DecodeImage(file, options);
  bytes.taken = peak.bytes();
  EXPECT_THAT(decoded, IsOk());
  if (decoded.ok()) bytes.charged = DecodePeakBytes(decoded->header, options);
  return bytes;
}

class DecodeMemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!CanMeasureHeap()) GTEST_SKIP() << "a sanitizer keeps memory of its own";
    // What libraries set up once is no picture's.
    for (const NamedFile& file : Files(GradientImage(16, 16))) Decode(file.bytes, {});
  }
};

TEST_F(DecodeMemoryTest, NoPictureTakesMoreThanItIsCharged) {
  for (const auto& [width, height] : {std::pair(8, 8), std::pair(33, 41), std::pair(1600, 8),
                                      std::pair(8, 1600), std::pair(320, 240)}) {
    for (const NamedFile& file : Files(NoisyImage(width, height))) {
      for (const int side : {0, 60}) {
        const Bytes bytes = Decode(file.bytes, {.min_short_side = side});
        EXPECT_LE(bytes.taken, bytes.charged)
            << file.name << ", " << width << "x" << height << ", side " << side;
      }
    }
  }
}

TEST_F(DecodeMemoryTest, EveryOrientationIsChargedAndNoneWhereItIsNotApplied) {
  const Image image = NoisyImage(400, 300);
  const int64_t pixels = int64_t{3} * image.width * image.height;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string jpeg = JpegWithOrientation(image, orientation);
    const Bytes upright = Decode(jpeg, {});
    const Bytes stored = Decode(jpeg, {.apply_orientation = false});
    EXPECT_LE(upright.taken, upright.charged) << orientation;
    EXPECT_LE(stored.taken, stored.charged) << orientation;
    EXPECT_EQ(upright.charged >= 2 * pixels, orientation != 1);
    EXPECT_LT(stored.charged, 2 * pixels);
  }
}

// Else memory that is there would be refused.
TEST_F(DecodeMemoryTest, ALargePictureIsChargedLittleMore) {
  for (const NamedFile& file : Files(GradientImage(600, 700))) {
    const Bytes bytes = Decode(file.bytes, {});
    EXPECT_LT(bytes.charged, bytes.taken * 5 / 4) << file.name;
  }
}

// A decoder's list of chunks is memory, too.
TEST_F(DecodeMemoryTest, ManyChunksAreCharged) {
  PngFileOptions options;
  options.idat_size = 1;
  const std::string png = MakePng(NoisyImage(40, 40), options);
  ASSERT_GT(png.size(), 13u * 4500);
  const Bytes bytes = Decode(png, {});
  EXPECT_LE(bytes.taken, bytes.charged);
}

// What fails midway has taken no more.
TEST_F(DecodeMemoryTest, ADamagedPictureTakesNoMore) {
  int begun = 0;
  for (const NamedFile& file : Files(NoisyImage(100, 60))) {
    std::string damaged = file.bytes;
    damaged.replace(damaged.size() / 2, 40, 40, '\xFF');
    const auto header = ParseImageHeader(damaged, {});
    if (!header.ok()) continue;
    ++begun;
    const HeapPeak peak;
    DecodeImage(damaged, {}).IgnoreError();
    EXPECT_LE(peak.bytes(), DecodePeakBytes(*header, {})) << file.name;
  }
  EXPECT_GT(begun, 100);
}

}  // namespace
}  // namespace lookbook
