#include "engine/image/png_decoder.h"

#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

absl::StatusOr<Image> Decode(const std::string& png) {
  const auto header = ReadPngHeader(png);
  const auto chunks = ReadPngChunks(png, 1000);
  if (!header.ok() || !chunks.ok()) return header.ok() ? chunks.status() : header.status();
  return DecodePng(*header, *chunks);
}

int OverWhite(int color, int alpha) {
  return static_cast<int>(255.0 + (color - 255.0) * alpha / 255.0 + 0.5);
}

// What MakePng(image, options) must decode to, sample by sample.
Image Expected(const Image& image, const PngFileOptions& options) {
  Image expected{image.width, image.height, {}};
  const int largest = (1 << std::min(options.depth, 8)) - 1;
  const bool has_alpha = options.color == PngColor::kGreyAlpha || options.color == PngColor::kRgba;
  for (size_t i = 0; i < image.rgb.size(); i += 3) {
    uint8_t rgb[3] = {image.rgb[i], image.rgb[i + 1], image.rgb[i + 2]};
    if (options.color == PngColor::kPalette) {
      PaletteColor(image.rgb[i] >> (8 - options.depth), rgb);
    } else if (options.color == PngColor::kGrey || options.color == PngColor::kGreyAlpha) {
      const int grey = (rgb[0] + rgb[1] + rgb[2]) / 3;
      const int stored = options.depth < 8 ? grey >> (8 - options.depth) : grey;
      rgb[0] = rgb[1] = rgb[2] = static_cast<uint8_t>(stored * 255 / largest);
    }
    for (const uint8_t color : rgb) {
      expected.rgb.push_back(
          static_cast<uint8_t>(OverWhite(color, has_alpha ? options.alpha : 255)));
    }
  }
  return expected;
}

TEST(DecodePngTest, EveryKindDecodesExactly) {
  const std::vector<std::pair<PngColor, std::vector<int>>> kinds = {
      {PngColor::kGrey, {1, 2, 4, 8, 16}},
      {PngColor::kRgb, {8, 16}},
      {PngColor::kPalette, {1, 2, 4, 8}},
      {PngColor::kGreyAlpha, {8, 16}},
      {PngColor::kRgba, {8, 16}}};
  const Image image =
      NoisyImage(29, 19);  // Odd: rows end inside a byte, and every Adam7 pass has a partial one.
  for (const auto& [color, depths] : kinds) {
    for (const int depth : depths) {
      for (const bool interlaced : {false, true}) {
        SCOPED_TRACE(absl::StrCat("color ", static_cast<int>(color), " depth ", depth,
                                  " interlaced ", interlaced));
        PngFileOptions options;
        options.color = color, options.depth = depth, options.interlaced = interlaced,
        options.alpha = 100;
        LB_ASSERT_OK_AND_ASSIGN(const Image decoded, Decode(MakePng(image, options)));
        EXPECT_EQ(LargestDifference(decoded, Expected(image, options)), 0);
      }
    }
  }
}

TEST(DecodePngTest, ColorUnderFullTransparencyNeverShows) {
  PngFileOptions options;
  options.color = PngColor::kRgba;
  options.alpha = 0;
  LB_ASSERT_OK_AND_ASSIGN(const Image noisy, Decode(MakePng(NoisyImage(16, 16), options)));
  EXPECT_EQ(LargestDifference(noisy, SolidImage(16, 16, 255, 255, 255)), 0);
}

TEST(DecodePngTest, TransparentKeyColors) {
  const Image image = SolidImage(9, 9, 64, 64, 64);
  struct Case {
    PngColor color;
    int depth;
    std::string transparency;
    bool shows;
  };
  for (const Case& c : {
           Case{PngColor::kGrey, 8, std::string("\0\x40", 2), false},
           Case{PngColor::kGrey, 8, std::string("\0\x41", 2), true},
           Case{PngColor::kGrey, 2, std::string("\0\x01", 2), false},
           Case{PngColor::kGrey, 2, std::string("\0\x02", 2), true},
           Case{PngColor::kGrey, 16, std::string("\x40\xBF", 2), false},
           Case{PngColor::kGrey, 16, std::string("\x40\xBE", 2),
                true},  // The low byte counts, too.
           Case{PngColor::kRgb, 8, std::string("\0\x40\0\x40\0\x40", 6), false},
           Case{PngColor::kRgb, 8, std::string("\0\x40\0\x40\0\x41", 6), true},
       }) {
    for (const bool interlaced : {false, true}) {
      PngFileOptions options;
      options.color = c.color, options.depth = c.depth, options.interlaced = interlaced;
      options.transparency = c.transparency;
      LB_ASSERT_OK_AND_ASSIGN(const Image decoded, Decode(MakePng(image, options)));
      EXPECT_EQ(decoded.rgb[0], c.shows ? Expected(image, options).rgb[0] : 255) << c.depth;
    }
  }
}

TEST(DecodePngTest, PaletteEntriesHaveTheirOwnTransparency) {
  Image image = SolidImage(8, 8, 0, 0, 0);
  image.rgb[0] = 1, image.rgb[3] = 2;  // Indices 1, 2, 0, 0, …
  PngFileOptions options;
  options.color = PngColor::kPalette;
  options.transparency =
      std::string("\x80\0", 2);  // Entry 0 half, entry 1 fully transparent, the rest opaque.
  LB_ASSERT_OK_AND_ASSIGN(const Image decoded, Decode(MakePng(image, options)));
  uint8_t color[3];
  PaletteColor(0, color);
  EXPECT_EQ(decoded.rgb[6], OverWhite(color[0], 128));
  EXPECT_EQ(decoded.rgb[3], (PaletteColor(2, color), color[0]));
  EXPECT_EQ(decoded.rgb[0], 255);
  EXPECT_EQ(decoded.rgb[1], 255);
}

// A palette of `entries` colours and 9 x 9 pixels of 8-bit `index`.
std::string PaletteFile(int entries, char index, bool interlaced) {
  PngFileOptions options;
  options.color = PngColor::kPalette;
  options.interlaced = interlaced;
  const uint8_t red = static_cast<uint8_t>(index);
  std::string png = MakePng(SolidImage(9, 9, red, 0, 0), options);
  const std::string whole = PngChunk("PLTE", std::string());
  const size_t begin = png.find("PLTE") - 4;
  return png.replace(begin, 12 + 768, PngChunk("PLTE", std::string(3 * entries, 'c')));
}

TEST(DecodePngTest, AnIndexBeyondThePaletteIsCorrupt) {
  for (const bool interlaced : {false, true}) {
    EXPECT_THAT(Decode(PaletteFile(5, 4, interlaced)), IsOk());
    EXPECT_THAT(Decode(PaletteFile(5, 5, interlaced)), HasReason("corrupt"));
  }
}

TEST(DecodePngTest, EveryFlippedByteOfPixelsIsCorrupt) {
  const std::string png = MakePng(NoisyImage(16, 16));
  for (size_t i = png.find("IDAT"); i < png.size(); i += 7) {
    std::string flipped = png;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x20);
    EXPECT_FALSE(Decode(flipped).ok()) << i;
  }
}

TEST(DecodePngTest, TheLastChecksumCountsToo) {
  std::string png = MakePng(NoisyImage(16, 16));
  png[png.size() - 13] ^= 1;  // Of the only IDAT.
  EXPECT_THAT(Decode(png), HasReason("corrupt"));
}

TEST(DecodePngTest, PaletteAndTransparencyAreUnderTheirChecksums) {
  PngFileOptions options;
  options.color = PngColor::kPalette;
  options.transparency = "abc";
  const std::string png = MakePng(NoisyImage(16, 16), options);
  ASSERT_THAT(Decode(png), IsOk());
  for (const char* type : {"PLTE", "tRNS"}) {
    std::string changed = png;
    changed[png.find(type) + 5] ^= 1;
    EXPECT_THAT(Decode(changed), HasReason("corrupt")) << type;
  }
}

TEST(DecodePngTest, TooFewOrTooManyPixels) {
  const auto file = [](uint64_t bytes) {
    return PngSignature() + PngIhdr(32, 32, 8, PngColor::kGrey) +
           PngChunk("IDAT", DeflateZeros(bytes)) + PngChunk("IEND", "");
  };
  EXPECT_THAT(Decode(file(33 * 32)), IsOk());
  EXPECT_THAT(Decode(file(33 * 32 - 1)), HasReason("corrupt"));
  EXPECT_THAT(Decode(file(200 << 20)), IsOk());  // What no pixel needs is never inflated.
}

TEST(DecodePngTest, UnknownCriticalChunksAreCorrupt) {
  PngFileOptions options;
  options.before_data = PngChunk("ABCD", "x");
  EXPECT_THAT(Decode(MakePng(NoisyImage(16, 16), options)), HasReason("corrupt"));
  options.before_data = PngChunk("aBCD", "x");
  EXPECT_THAT(Decode(MakePng(NoisyImage(16, 16), options)), IsOk());
}

}  // namespace
}  // namespace lookbook
