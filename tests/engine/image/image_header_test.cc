#include "engine/image/image_header.h"

#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

std::string JpegOfSize(int width, int height) {
  return WithJpegSize(MakeJpeg(GradientImage(16, 16)), width, height);
}
std::string PngOfSize(uint32_t width, uint32_t height) {
  return WithPngSize(MakePng(GradientImage(16, 16)), width, height);
}

TEST(ParseImageHeaderTest, ReadsFormatAndSize) {
  LB_ASSERT_OK_AND_ASSIGN(const ImageHeader jpeg, ParseImageHeader(JpegOfSize(640, 480), {}));
  EXPECT_EQ(jpeg.format, ImageFormat::kJpeg);
  EXPECT_EQ(jpeg.width, 640);
  EXPECT_EQ(jpeg.height, 480);
  LB_ASSERT_OK_AND_ASSIGN(const ImageHeader png, ParseImageHeader(PngOfSize(31, 77), {}));
  EXPECT_EQ(png.format, ImageFormat::kPng);
  EXPECT_EQ(png.width, 31);
  EXPECT_EQ(png.height, 77);
}

TEST(ParseImageHeaderTest, BytesAreLimitedInclusively) {
  const std::string jpeg = MakeJpeg(GradientImage(16, 16));
  ImageLimits limits;
  limits.max_bytes = jpeg.size();
  EXPECT_THAT(ParseImageHeader(jpeg, limits), IsOk());
  limits.max_bytes = jpeg.size() - 1;
  EXPECT_THAT(ParseImageHeader(jpeg, limits), HasReason("image_too_large"));
  EXPECT_THAT(ParseImageHeader("", limits), HasReason("empty_image"));
  EXPECT_THAT(ParseImageHeader(std::string((16 << 20) + 1, 'x'), {}), HasReason("image_too_large"));
  EXPECT_THAT(ParseImageHeader(std::string(16 << 20, 'x'), {}), HasReason("unsupported_format"));
}

struct SizeCase {
  int width, height;
  const char* reason;  // Null: accepted.
};

TEST(ParseImageHeaderTest, SizesAreLimitedInclusively) {
  for (const SizeCase& c : {
           SizeCase{10'000, 5'000, nullptr},
           SizeCase{10'000, 5'001, "too_many_pixels"},
           SizeCase{65'500, 763, nullptr},
           SizeCase{763, 65'500, nullptr},
           SizeCase{65'501, 400, "bad_dimensions"},
           SizeCase{400, 65'535, "bad_dimensions"},
           SizeCase{65'535, 65'535, "too_many_pixels"},
           SizeCase{8, 1'600, nullptr},
           SizeCase{1'601, 8, "bad_aspect"},
           SizeCase{8, 1'601, "bad_aspect"},
           SizeCase{8, 8, nullptr},
           SizeCase{7, 8, "too_small"},
           SizeCase{8, 7, "too_small"},
           SizeCase{1, 1, "too_small"},
           SizeCase{20'000, 1, "bad_aspect"},
           SizeCase{0, 10, "bad_dimensions"},
           SizeCase{10, 0, "bad_dimensions"},
       }) {
    for (const std::string& file : {JpegOfSize(c.width, c.height), PngOfSize(c.width, c.height)}) {
      const auto header = ParseImageHeader(file, {});
      if (c.reason == nullptr) {
        EXPECT_THAT(header, IsOk()) << c.width << "x" << c.height;
      } else {
        EXPECT_THAT(header, HasReason(c.reason)) << c.width << "x" << c.height;
      }
    }
  }
  for (const uint32_t side : {65'536u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu}) {
    EXPECT_THAT(ParseImageHeader(PngOfSize(side, side), {}), HasReason("bad_dimensions")) << side;
  }
}

TEST(ParseImageHeaderTest, ChunksAreLimitedInclusively) {
  PngFileOptions options;
  for (int i = 0; i < 9'997; ++i) options.before_data += PngChunk("tEXt", "a");
  EXPECT_THAT(ParseImageHeader(MakePng(GradientImage(8, 8), options), {}), IsOk());
  options.before_data += PngChunk("tEXt", "a");
  EXPECT_THAT(ParseImageHeader(MakePng(GradientImage(8, 8), options), {}),
              HasReason("too_many_chunks"));
}

TEST(ParseImageHeaderTest, UnusualJpegProcessesAreNamed) {
  const std::string jpeg = MakeJpeg(GradientImage(16, 16));
  const size_t frame = FindJpegMarker(jpeg, 0xC0);
  for (const uint8_t process : {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}) {
    std::string other = jpeg;
    other[frame + 1] = static_cast<char>(process);
    EXPECT_THAT(ParseImageHeader(other, {}), HasReason("unsupported_jpeg")) << int{process};
  }
  for (const uint8_t process : {0xC0, 0xC1, 0xC2}) {
    std::string other = jpeg;
    other[frame + 1] = static_cast<char>(process);
    EXPECT_THAT(ParseImageHeader(other, {}), IsOk()) << int{process};
    other[frame + 4] = 12;
    EXPECT_THAT(ParseImageHeader(other, {}), HasReason("unsupported_jpeg")) << int{process};
  }
}

TEST(ParseImageHeaderTest, MagicBytesDecide) {
  for (const std::string& bytes :
       {std::string("\xFF"), std::string("\xFF\xD9\xFF\xD8"), std::string("\x89PNG\n"),
        std::string("GIF89a"), std::string("\xFF\xD8plain text")}) {
    EXPECT_THAT(ParseImageHeader(bytes, {}), HasReason("unsupported_format"));
  }
}

}  // namespace
}  // namespace lookbook
