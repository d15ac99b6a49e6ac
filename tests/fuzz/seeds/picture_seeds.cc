#include <tuple>

#include "absl/strings/str_cat.h"
#include "tests/fuzz/seeds/seeds.h"
#include "tests/support/image_files.h"

namespace lookbook {
namespace {

// Small, so that a fuzzer is quick; larger than one MCU, and not a multiple of it.
Image Photo() { return NoisyImage(20, 18); }

void AddJpegColors(Seeds* seeds) {
  JpegFileOptions options;
  for (const auto& [name, color] :
       {std::pair("ycc", JpegColor::kYcc), std::pair("rgb", JpegColor::kRgb),
        std::pair("grey", JpegColor::kGrey), std::pair("cmyk", JpegColor::kCmyk),
        std::pair("ycck", JpegColor::kYcck), std::pair("plain_cmyk", JpegColor::kPlainCmyk)}) {
    options.color = color;
    for (const bool progressive : {false, true}) {
      options.progressive = progressive;
      seeds->push_back({"jpeg", absl::StrCat(name, progressive ? "_progressive" : "", ".jpg"),
                        MakeJpeg(Photo(), options)});
    }
  }
}

void AddJpegKinds(Seeds* seeds) {
  const auto add = [seeds](const char* name, const JpegFileOptions& options) {
    seeds->push_back({"jpeg", name, MakeJpeg(Photo(), options)});
  };
  JpegFileOptions options;
  options.luma_width = 1, options.luma_height = 1;
  add("444.jpg", options);
  options.luma_width = 4;
  add("411.jpg", options);
  options = {};
  options.interleaved = false;
  add("scan_a_component.jpg", options);
  options = {};
  options.restart_interval = 1;
  add("restarts.jpg", options);
  options = {};
  options.arithmetic = true;
  add("arithmetic.jpg", options);
  options = {};
  options.scans = 120;
  add("120_scans.jpg", options);
  options = {};
  options.quality = 20;
  options.exif = ExifOrientation(6, /*big_endian=*/true);
  add("exif_6.jpg", options);
}

void AddJpegDamage(Seeds* seeds) {
  JpegFileOptions options;
  options.progressive = true;
  const std::string jpeg = MakeJpeg(Photo()), progressive = MakeJpeg(Photo(), options);
  seeds->push_back({"jpeg", "no_eoi.jpg", WithoutEoi(jpeg)});
  seeds->push_back({"jpeg", "cut_in_scan.jpg", Cut(jpeg, 90)});
  seeds->push_back({"jpeg", "cut_in_header.jpg", Cut(jpeg, 30)});
  seeds->push_back({"jpeg", "progressive_cut.jpg", Cut(progressive, 70)});
  seeds->push_back({"jpeg", "larger_than_its_data.jpg", WithJpegSize(jpeg, 200, 200)});
  seeds->push_back({"jpeg", "two.jpg", jpeg + jpeg});
  std::string component = jpeg;
  component[FindJpegMarker(jpeg, 0xDA) + 5] = 9;  // Of a component that the frame lacks.
  seeds->push_back({"jpeg", "unknown_component.jpg", component});
  const size_t table = FindJpegMarker(jpeg, 0xDB);
  std::string no_table = jpeg;
  no_table[table + 1] = '\xFE';  // A comment.
  seeds->push_back({"jpeg", "no_table.jpg", no_table});
  std::string jfif = jpeg;
  jfif[FindJpegMarker(jpeg, 0xE0) + 9] = 2;  // The version: 1 is the highest.
  seeds->push_back({"jpeg", "jfif_2.jpg", jfif});
  std::string sampling = jpeg;
  const size_t frame = FindJpegMarker(jpeg, 0xC0);
  sampling[frame + 11] = 0x31;
  sampling[frame + 14] = 0x21;  // Two samples for three: libjpeg does not.
  seeds->push_back({"jpeg", "fractional_sampling.jpg", sampling});
}

void AddPngKinds(Seeds* seeds) {
  for (const auto& [name, color, depths] :
       {std::tuple("grey", PngColor::kGrey, std::vector<int>{1, 2, 4, 8, 16}),
        std::tuple("rgb", PngColor::kRgb, std::vector<int>{8, 16}),
        std::tuple("palette", PngColor::kPalette, std::vector<int>{1, 2, 4, 8}),
        std::tuple("grey_alpha", PngColor::kGreyAlpha, std::vector<int>{8, 16}),
        std::tuple("rgba", PngColor::kRgba, std::vector<int>{8, 16})}) {
    for (const int depth : depths) {
      PngFileOptions options;
      options.color = color, options.depth = depth, options.alpha = 100;
      options.interlaced = depth != 16;
      seeds->push_back({"png", absl::StrCat(name, "_", depth, ".png"), MakePng(Photo(), options)});
    }
  }
}

void AddPngParts(Seeds* seeds) {
  const auto add = [seeds](const char* name, const PngFileOptions& options) {
    seeds->push_back({"png", name, MakePng(Photo(), options)});
  };
  PngFileOptions options;
  options.idat_size = 100;
  add("many_idats.png", options);
  options = {};
  options.transparency = std::string("\0\x20\0\x30\0\x40", 6);
  add("transparent_colour.png", options);
  options.color = PngColor::kPalette;
  options.transparency = std::string("\x80\x10\0", 3);
  add("transparent_palette.png", options);
  options = {};
  options.before_data = PngChunk("eXIf", ExifOrientation(5)) + PngChunk("tEXt", "a") +
                        PngChunk("zTXt", std::string("Comment\0\0", 9) + DeflateZeros(1000));
  add("exif_5_and_texts.png", options);
  const std::string png = MakePng(Photo());
  seeds->push_back({"png", "cut.png", Cut(png, 60)});
  seeds->push_back({"png", "no_iend.png", png.substr(0, png.size() - 12)});
  std::string crc = png;
  crc[crc.size() - 20] ^= 1;
  seeds->push_back({"png", "wrong_crc.png", crc});
  seeds->push_back({"png", "no_palette.png",
                    PngSignature() + PngIhdr(16, 16, 8, PngColor::kPalette) +
                        PngChunk("IDAT", DeflateZeros(16 * 17)) + PngChunk("IEND", "")});
  seeds->push_back({"png", "no_data.png",
                    PngSignature() + PngIhdr(16, 16, 8, PngColor::kRgb) + PngChunk("IEND", "")});
  seeds->push_back(
      {"png", "index_beyond_palette.png",
       PngSignature() + PngIhdr(16, 16, 8, PngColor::kPalette) + PngChunk("PLTE", "abcdef") +
           PngChunk("IDAT", Deflate(std::string(16 * 17, '\x02'))) + PngChunk("IEND", "")});
}

// The stumps and the first bytes of other formats, and headers that say too much.
void AddHeaders(Seeds* seeds) {
  for (const BadImage& image : BadImages()) {
    if (image.bytes.size() <= 450) seeds->push_back({"image_header", image.name, image.bytes});
  }
  const std::string jpeg = MakeJpeg(SolidImage(8, 8, 9, 9, 9));
  const std::string png = MakePng(SolidImage(8, 8, 9, 9, 9));
  for (const auto& [width, height] :
       {std::pair(8, 8), std::pair(300, 300), std::pair(401, 9), std::pair(65500, 400),
        std::pair(7, 8), std::pair(0, 8), std::pair(8, 65535), std::pair(2000, 9)}) {
    const std::string size = absl::StrCat(width, "x", height);
    seeds->push_back({"image_header", size + ".jpg", WithJpegSize(jpeg, width, height)});
    seeds->push_back({"image_header", size + ".png", WithPngSize(png, width, height)});
  }
  const size_t frame = FindJpegMarker(jpeg, 0xC0);
  for (const int process : {0xC1, 0xC2, 0xC3, 0xC9}) {
    std::string other = jpeg;
    other[frame + 1] = static_cast<char>(process);
    seeds->push_back({"image_header", absl::StrCat("process_", process, ".jpg"), other});
  }
  std::string precision = jpeg;
  precision[frame + 4] = 12;
  seeds->push_back({"image_header", "12_bit.jpg", precision});
  PngFileOptions options;
  for (int i = 0; i < 8; ++i) options.before_data += PngChunk("tEXt", "a");
  seeds->push_back({"image_header", "11_chunks.png", MakePng(SolidImage(8, 8, 1, 2, 3), options)});
}

void AddExif(Seeds* seeds) {
  for (int orientation = 0; orientation <= 9; ++orientation) {
    const bool big_endian = orientation % 2 == 0;
    seeds->push_back({"exif", absl::StrCat("orientation_", orientation),
                      ExifOrientation(orientation, big_endian)});
  }
  std::string other = ExifOrientation(6);
  other[2] = 43;  // No TIFF.
  seeds->push_back({"exif", "no_tiff", other});
  other = ExifOrientation(6);
  other.replace(4, 4, "\xF0\xFF\xFF\xFF");
  seeds->push_back({"exif", "directory_far_away", other});
  other = ExifOrientation(6);
  other[8] = '\xFF';  // More entries than there are.
  other[22] = 0;      // And the tag is another's.
  seeds->push_back({"exif", "too_many_entries", other});
}

}  // namespace

void AddPictureSeeds(Seeds* seeds) {
  AddJpegColors(seeds);
  AddJpegKinds(seeds);
  AddJpegDamage(seeds);
  AddPngKinds(seeds);
  AddPngParts(seeds);
  AddHeaders(seeds);
  AddExif(seeds);
}

}  // namespace lookbook
