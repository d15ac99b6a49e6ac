#include "engine/image/png_structure.h"

#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr int kAnyChunks = 1000;

TEST(ReadPngHeaderTest, ReadsIhdr) {
  PngFileOptions options;
  options.color = PngColor::kGreyAlpha;
  options.depth = 16;
  options.interlaced = true;
  LB_ASSERT_OK_AND_ASSIGN(const PngHeader header,
                          ReadPngHeader(MakePng(GradientImage(30, 20), options)));
  EXPECT_EQ(header.width, 30u);
  EXPECT_EQ(header.height, 20u);
  EXPECT_EQ(header.bit_depth, 16);
  EXPECT_EQ(header.color_type, 4);
  EXPECT_TRUE(header.interlaced);
}

TEST(ReadPngHeaderTest, EveryByteIsUnderTheCrc) {
  const std::string png = MakePng(GradientImage(16, 16));
  for (size_t i = 8; i < 33; ++i) {
    std::string changed = png;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_THAT(ReadPngHeader(changed), StatusIs(absl::StatusCode::kInvalidArgument)) << i;
    if (i >= 12) {
      EXPECT_THAT(ReadPngHeader(changed), HasReason("corrupt")) << i;
    }
  }
}

TEST(ReadPngHeaderTest, OnlyKnownKindsPass) {
  const auto known = [](int color, int depth) {
    switch (color) {
      case 0:
        return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
      case 3:
        return depth == 1 || depth == 2 || depth == 4 || depth == 8;
      case 2:
      case 4:
      case 6:
        return depth == 8 || depth == 16;
      default:
        return false;
    }
  };
  for (int color = 0; color <= 8; ++color) {
    for (int depth = 0; depth <= 17; ++depth) {
      const auto header =
          ReadPngHeader(PngSignature() + PngIhdr(9, 9, depth, static_cast<PngColor>(color)));
      EXPECT_EQ(header.ok(), known(color, depth)) << color << " " << depth;
    }
  }
}

TEST(ReadPngHeaderTest, TruncatedOrCorrupt) {
  EXPECT_THAT(ReadPngHeader(PngSignature()), HasReason("corrupt"));
  const std::string png = MakePng(GradientImage(16, 16));
  for (size_t length = 9; length < 33; ++length) {
    EXPECT_THAT(ReadPngHeader(png.substr(0, length)), HasReason("truncated")) << length;
  }
  EXPECT_THAT(ReadPngHeader(PngSignature() + PngChunk("IDAT", std::string(13, 'x'))),
              HasReason("corrupt"));
  EXPECT_THAT(ReadPngHeader(PngSignature() + PngChunk("IHDR", std::string(12, 'x'))),
              HasReason("corrupt"));
}

TEST(ReadPngChunksTest, KeepsWhatPixelsDependOnAndNothingElse) {
  PngFileOptions options;
  options.color = PngColor::kPalette;
  options.transparency = "abc";
  options.before_data =
      PngChunk("tEXt", "Comment") + PngChunk("iCCP", "profile") + PngChunk("eXIf", "II*");
  options.idat_size = 20;
  const std::string png = MakePng(NoisyImage(12, 12), options) + "what follows IEND";
  LB_ASSERT_OK_AND_ASSIGN(const PngChunks chunks, ReadPngChunks(png, kAnyChunks));
  std::string types;
  size_t data_chunks = 0;
  for (const absl::string_view chunk : chunks.pixel_chunks) {
    const std::string type(chunk.substr(4, 4));
    if (type == "IDAT" && data_chunks++ > 0) continue;
    types += type + " ";
  }
  EXPECT_EQ(types, "IHDR PLTE tRNS IDAT IEND ");
  EXPECT_GT(data_chunks, 3u);
  EXPECT_TRUE(chunks.has_transparency);
  EXPECT_EQ(chunks.exif, "II*");
}

TEST(ReadPngChunksTest, ADamagedExifChunkIsIgnored) {
  PngFileOptions options;
  options.before_data = PngChunk("eXIf", ExifOrientation(6));
  std::string png = MakePng(NoisyImage(12, 12), options);
  png[png.find("eXIf") + 10] ^= 1;
  LB_ASSERT_OK_AND_ASSIGN(const PngChunks chunks, ReadPngChunks(png, kAnyChunks));
  EXPECT_EQ(chunks.exif, "");
}

TEST(ReadPngChunksTest, CountsEveryChunk) {
  const std::string png = MakePng(GradientImage(8, 8));  // IHDR, IDAT, IEND.
  EXPECT_THAT(ReadPngChunks(png, 3), IsOk());
  EXPECT_THAT(ReadPngChunks(png, 2), HasReason("too_many_chunks"));
}

TEST(ReadPngChunksTest, BrokenSyntax) {
  const std::string head = PngSignature() + PngIhdr(8, 8, 8, PngColor::kGrey);
  const std::string data = PngChunk("IDAT", "x"), end = PngChunk("IEND", "");
  EXPECT_THAT(ReadPngChunks(head + data + end, kAnyChunks), IsOk());
  EXPECT_THAT(ReadPngChunks(head + end, kAnyChunks), HasReason("corrupt"));
  EXPECT_THAT(ReadPngChunks(head + data, kAnyChunks), HasReason("corrupt"));
  EXPECT_THAT(ReadPngChunks(head + data + end.substr(0, 11), kAnyChunks), HasReason("truncated"));
  EXPECT_THAT(ReadPngChunks(head + PngChunk("ID4T", "x") + end, kAnyChunks), HasReason("corrupt"));
  EXPECT_THAT(ReadPngChunks(head + "\xFF\xFF\xFF\xFFIDAT" + end, kAnyChunks), HasReason("corrupt"));
  EXPECT_THAT(ReadPngChunks(head + std::string("\x7F\xFF\xFF\xFFIDAT", 8) + end, kAnyChunks),
              HasReason("truncated"));
}

}  // namespace
}  // namespace lookbook
