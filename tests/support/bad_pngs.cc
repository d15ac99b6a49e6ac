#include <cstddef>

#include "tests/support/bad_images_parts.h"

namespace lookbook {
namespace {

using Rows = std::vector<BadImage>;

void AddSizes(Rows* rows) {
  const auto bomb = [](uint32_t side, int depth, PngColor color, bool interlaced) {
    const uint64_t row_bits = uint64_t{side} * depth * (color == PngColor::kRgb ? 3 : 1);
    return PngSignature() + PngIhdr(side, side, depth, color, interlaced) +
           PngChunk("IDAT", DeflateZeros(side * (1 + (row_bits + 7) / 8))) + PngChunk("IEND", "");
  };
  const Image one = SolidImage(1, 1, 9, 9, 9);
  rows->push_back({41, "jpeg_1x1", MakeJpeg(one), "too_small"});
  rows->push_back({41, "png_1x1", MakePng(one), "too_small"});
  rows->push_back({42, "png_20000x1", MakePng(SolidImage(20000, 1, 9, 9, 9)), "bad_aspect"});
  rows->push_back({42, "png_1x20000", MakePng(SolidImage(1, 20000, 9, 9, 9)), "bad_aspect"});
  rows->push_back({43, "png_65500_no_data",
                   PngSignature() + PngIhdr(65500, 65500, 8, PngColor::kRgb), "too_many_pixels"});
  rows->push_back({44, "png_32768_tiny_data",
                   WithPngSize(MakePng(GradientImage(16, 16)), 32768, 32768), "too_many_pixels"});
  rows->push_back(
      {45, "png_12000_zeros", bomb(12000, 8, PngColor::kRgb, false), "too_many_pixels"});
  rows->push_back(
      {46, "png_20000_1_bit", bomb(20000, 1, PngColor::kGrey, false), "too_many_pixels"});
  rows->push_back(
      {47, "png_12000_interlaced", bomb(12000, 8, PngColor::kRgb, true), "too_many_pixels"});
  const std::string png = MakePng(GradientImage(16, 16));
  // Within the limits, but with the data of a small picture and an end chunk.
  PngFileOptions interlaced;
  interlaced.interlaced = true;
  rows->push_back({44, "png_7000_of_little_data", WithPngSize(png, 7000, 7000), "corrupt"});
  rows->push_back({47, "png_interlaced_7000_of_little_data",
                   WithPngSize(MakePng(GradientImage(16, 16), interlaced), 7000, 7000), "corrupt"});
  rows->push_back({48, "png_0x0", WithPngSize(png, 0, 0), "bad_dimensions"});
  rows->push_back({48, "png_negative", WithPngSize(png, 0xFFFFFFF0, 0xFFFFFFF0), "bad_dimensions"});
  rows->push_back(
      {48, "png_2147483647", WithPngSize(png, 0x7FFFFFFF, 0x7FFFFFFF), "bad_dimensions"});
}

void AddPngDamage(const Image& photo, Rows* rows) {
  PngFileOptions options;
  const std::string png = MakePng(photo);
  options.idat_size = 1 << 30;
  const std::string one_idat = MakePng(photo, options);
  const size_t data = png.find("IDAT") + 4;
  const auto flip = [](std::string file, size_t pos) {
    file[pos] = static_cast<char>(file[pos] ^ 0x10);
    return file;
  };
  rows->push_back({49, "png_bad_ihdr_crc", flip(png, 30), "corrupt"});
  rows->push_back({49, "png_bad_idat_crc", flip(one_idat, one_idat.size() - 14), "corrupt"});
  rows->push_back({49, "png_flipped_idat", flip(png, data + 1000), "corrupt"});
  const std::string head = PngSignature() + PngIhdr(64, 48, 8, PngColor::kGrey);
  const std::string end = PngChunk("IEND", "");
  rows->push_back({50, "png_no_idat", head + end, "corrupt"});
  rows->push_back({50, "png_no_iend", png.substr(0, png.size() - 12), "corrupt"});
  rows->push_back(
      {50, "png_short_idat", head + PngChunk("IDAT", DeflateZeros(65 * 40)) + end, "corrupt"});
  rows->push_back(
      {51, "png_surplus_idat", head + PngChunk("IDAT", DeflateZeros(200u << 20)) + end, ""});
  options = {};
  options.before_data = PngChunk("zTXt", Raw("Comment\0\0") + DeflateZeros(300u << 20));
  rows->push_back({52, "png_ztxt_bomb", MakePng(photo, options), ""});
  options.before_data = PngChunk("iCCP", Raw("icc\0\0") + DeflateZeros(300u << 20));
  rows->push_back({53, "png_iccp_bomb", MakePng(photo, options), ""});
  options.before_data.clear();
  for (int i = 0; i < 200'000; ++i) options.before_data += PngChunk("tEXt", Raw("a\0b"));
  rows->push_back({54, "png_200000_chunks", MakePng(photo, options), "too_many_chunks"});
}

void AddPngSyntax(Rows* rows) {
  const std::string end = PngChunk("IEND", "");
  const auto file = [&](int depth, int color, const std::string& palette, char filter,
                        char sample) {
    std::string lines;
    for (int y = 0; y < 16; ++y) lines += filter + std::string(16, sample);
    return PngSignature() + PngIhdr(16, 16, depth, static_cast<PngColor>(color)) + palette +
           PngChunk("IDAT", Deflate(lines)) + end;
  };
  rows->push_back({55, "png_color_type_5", file(8, 5, "", 0, 0), "corrupt"});
  rows->push_back({55, "png_depth_3", file(3, 0, "", 0, 0), "corrupt"});
  rows->push_back({55, "png_no_palette", file(8, 3, "", 0, 0), "corrupt"});
  rows->push_back(
      {55, "png_index_beyond_palette", file(8, 3, PngChunk("PLTE", "abcdef"), 0, 2), "corrupt"});
  rows->push_back({55, "png_filter_9", file(8, 0, "", 9, 0), "corrupt"});
}

void AddPngKinds(const Image& photo, Rows* rows) {
  const auto add = [&](int row, const std::string& name, PngColor color, int depth,
                       int alpha = 255) {
    PngFileOptions options;
    options.color = color, options.depth = depth, options.alpha = alpha;
    rows->push_back({row, name, MakePng(photo, options), ""});
  };
  add(56, "png_16_bit_grey", PngColor::kGrey, 16);
  add(56, "png_16_bit_rgb", PngColor::kRgb, 16);
  add(57, "png_1_bit", PngColor::kGrey, 1);
  add(57, "png_palette", PngColor::kPalette, 8);
  add(57, "png_grey_alpha", PngColor::kGreyAlpha, 8);
  add(58, "png_half_transparent", PngColor::kRgba, 8, 128);
  PngFileOptions animated;
  animated.before_data =
      PngChunk("acTL", Raw("\0\0\0\x02\0\0\0\0")) +
      PngChunk("fcTL", Raw("\0\0\0\0\0\0\0\x10\0\0\0\x10") + std::string(14, '\0'));
  std::string png = MakePng(photo, animated);
  png.insert(png.size() - 12,
             PngChunk("fdAT", Raw("\0\0\0\x01") + Deflate(std::string(800, '\x7F'))));
  rows->push_back({59, "png_animated", png, ""});
}

}  // namespace

void AddBadPngs(const Image& photo, std::vector<BadImage>* rows) {
  AddSizes(rows);
  AddPngDamage(photo, rows);
  AddPngSyntax(rows);
  AddPngKinds(photo, rows);
}

}  // namespace lookbook
