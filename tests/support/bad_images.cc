#include <algorithm>
#include <cstddef>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/support/bad_images_parts.h"
#include "tests/support/image_files.h"

namespace lookbook {
namespace {

using Rows = std::vector<BadImage>;

std::string Bytes(absl::string_view text) { return std::string(text); }

std::string RandomBytes(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string Replaced(std::string file, size_t pos, absl::string_view by) {
  file.replace(pos, by.size(), by.data(), by.size());
  return file;
}

// With the second byte of the frame's marker, or a byte of its payload, changed.
std::string WithFrameByte(std::string jpeg, size_t offset, char value) {
  jpeg[FindJpegMarker(jpeg, 0xC0) + offset] = value;
  return jpeg;
}

std::string WithoutSegment(std::string jpeg, uint8_t code) {
  const size_t pos = FindJpegMarker(jpeg, code);
  const size_t length =
      static_cast<uint8_t>(jpeg[pos + 2]) << 8 | static_cast<uint8_t>(jpeg[pos + 3]);
  return jpeg.erase(pos, 2 + length);
}

std::string SevenComponents() {
  std::string frame = Raw("\xFF\xD8\xFF\xC0\x00\x1D\x08\x00\x40\x00\x40\x07");
  for (char id = 1; id <= 7; ++id) frame += {id, 0x11, 0};
  return frame + std::string(200, '\x55') + "\xFF\xD9";
}

void AddStumps(Rows* rows) {
  rows->push_back({1, "empty", "", "empty_image"});
  rows->push_back({2, "one_byte", "\xFF", "unsupported_format"});
  rows->push_back({3, "jpeg_soi_only", "\xFF\xD8", "corrupt"});
  rows->push_back({4, "jpeg_soi_eoi", "\xFF\xD8\xFF\xD9", "corrupt"});
  rows->push_back({5, "png_signature_only", PngSignature(), "corrupt"});
}

void AddCuts(const Image& photo, Rows* rows) {
  const std::string baseline = MakeJpeg(photo);
  JpegFileOptions options;
  options.progressive = true;
  const std::string progressive = MakeJpeg(photo, options);
  const std::string png = MakePng(photo);
  int row = 6;
  for (const double percent : {10.0, 50.0, 90.0, 99.0}) {
    rows->push_back(
        {row++, absl::StrCat("jpeg_cut_", percent), Cut(baseline, percent), "truncated"});
    rows->push_back({10, absl::StrCat("jpeg_progressive_cut_", percent), Cut(progressive, percent),
                     "truncated"});
  }
  row = 11;
  for (const double percent : {10.0, 50.0, 90.0}) {
    rows->push_back({row++, absl::StrCat("png_cut_", percent), Cut(png, percent), "truncated"});
  }
  rows->push_back({14, "jpeg_without_eoi", WithoutEoi(baseline), "", "missing_eoi"});
  rows->push_back({14, "jpeg_progressive_without_eoi", WithoutEoi(progressive), "", "missing_eoi"});
  rows->push_back({15, "jpeg_trailing_zeros", baseline + std::string(1024, '\0'), ""});
  rows->push_back({16, "jpeg_twice", baseline + progressive, ""});
  rows->push_back(
      {17, "jpeg_trailing_html", baseline + "<html><script>alert(1)</script></html>", ""});
  rows->push_back({18, "jpeg_random_bytes_in_scan",
                   Replaced(baseline, baseline.size() / 2, RandomBytes(200, 7)), "corrupt"});
  rows->push_back({18, "jpeg_progressive_random_bytes_in_scan",
                   Replaced(progressive, progressive.size() / 2, RandomBytes(200, 7)), "corrupt"});
}

void AddJpegHeaders(const Image& photo, Rows* rows) {
  const std::string jpeg = MakeJpeg(photo);
  JpegFileOptions progressive;
  progressive.progressive = true;
  std::string no_tables = WithoutSegment(jpeg, 0xDB);
  no_tables = WithoutSegment(no_tables, 0xDB);
  rows->push_back({19, "jpeg_no_dqt", no_tables, "corrupt"});
  rows->push_back({20, "jpeg_0x0", WithJpegSize(jpeg, 0, 0), "bad_dimensions"});
  rows->push_back({21, "jpeg_65535", WithJpegSize(jpeg, 65535, 65535), "too_many_pixels"});
  rows->push_back({22, "jpeg_65500", WithJpegSize(jpeg, 65500, 65500), "too_many_pixels"});
  rows->push_back({23, "jpeg_32000", WithJpegSize(jpeg, 32000, 32000), "too_many_pixels"});
  rows->push_back({24, "jpeg_20000", WithJpegSize(jpeg, 20000, 20000), "too_many_pixels"});
  rows->push_back({25, "jpeg_progressive_20000",
                   WithJpegSize(MakeJpeg(photo, progressive), 20000, 20000), "too_many_pixels"});
  JpegFileOptions scans;
  scans.scans = 600;
  rows->push_back({26, "jpeg_600_scans", MakeJpeg(SolidImage(1024, 1024, 90, 120, 200), scans),
                   "too_many_scans"});
  rows->push_back({27, "jpeg_7_components", SevenComponents(), "unsupported_jpeg"});
  rows->push_back({28, "jpeg_12_bit", WithFrameByte(WithFrameByte(jpeg, 4, 12), 1, '\xC1'),
                   "unsupported_jpeg"});
  JpegFileOptions arithmetic;
  arithmetic.arithmetic = true;
  rows->push_back({29, "jpeg_arithmetic", MakeJpeg(photo, arithmetic), "unsupported_jpeg"});
  rows->push_back({30, "jpeg_lossless", WithFrameByte(jpeg, 1, '\xC3'), "unsupported_jpeg"});
  // Within the limits, but with the data of a small picture and an end marker.
  rows->push_back({24, "jpeg_7000_of_little_data", WithJpegSize(jpeg, 7000, 7000), "corrupt"});
  rows->push_back({25, "jpeg_progressive_7000_of_little_data",
                   WithJpegSize(MakeJpeg(photo, progressive), 7000, 7000), "corrupt"});
}

void AddJpegKinds(const Image& photo, Rows* rows) {
  const auto add = [&](int row, const std::string& name, const JpegFileOptions& options) {
    rows->push_back({row, name, MakeJpeg(photo, options), ""});
  };
  JpegFileOptions options;
  options.color = JpegColor::kCmyk;
  add(31, "jpeg_cmyk", options);
  options.color = JpegColor::kYcck;
  add(31, "jpeg_ycck", options);
  options.color = JpegColor::kGrey;
  add(32, "jpeg_grey", options);
  options = {};
  for (const auto& [name, w, h] :
       {std::tuple("444", 1, 1), std::tuple("422", 2, 1), std::tuple("411", 4, 1)}) {
    options.luma_width = w, options.luma_height = h;
    add(33, absl::StrCat("jpeg_", name), options);
  }
}

// A first directory whose only entry has that many values at that offset, and which is followed by
// itself.
std::string LoopingExif(uint32_t count) {
  std::string tiff = Raw("II*\0\x08\0\0\0\x01\0\x69\x87\x04\0");
  for (int i = 0; i < 4; ++i) tiff.push_back(static_cast<char>(count >> 8 * i));
  return tiff + Raw("\x08\0\0\0\x08\0\0\0");
}

void AddExif(const Image& photo, Rows* rows) {
  const auto add = [&](int row, const std::string& name, const std::string& exif) {
    JpegFileOptions options;
    options.exif = exif;
    rows->push_back({row, name, MakeJpeg(photo, options), ""});
  };
  int row = 34;
  for (const int orientation : {1, 3, 6, 8}) {
    add(row++, absl::StrCat("jpeg_exif_", orientation), ExifOrientation(orientation));
  }
  add(38, "jpeg_exif_0", ExifOrientation(0));
  add(38, "jpeg_exif_9", ExifOrientation(9));
  add(39, "jpeg_exif_truncated", ExifOrientation(6).substr(0, 25));
  add(39, "jpeg_exif_bad_offset", Replaced(ExifOrientation(6), 4, "\xF0\xFF\xFF\xFF"));
  add(40, "jpeg_exif_loop", LoopingExif(1));
  add(40, "jpeg_exif_huge_count", LoopingExif(0xFFFFFFFF));
}

void AddOtherFormats(const Image& photo, Rows* rows) {
  const auto add = [&](int row, const std::string& name, const std::string& begin) {
    rows->push_back({row, name, begin + RandomBytes(400, 3), "unsupported_format"});
  };
  add(60, "gif", "GIF89a");
  add(60, "webp_animated", Raw("RIFF\x90\x01\0\0WEBPVP8X\x0A\0\0\0\x02"));
  add(60, "avif",
      Raw("\0\0\0\x20"
          "ftypavif"));
  add(60, "heic",
      Raw("\0\0\0\x18"
          "ftypheic"));
  add(61, "webp", Raw("RIFF\x90\x01\0\0WEBPVP8 "));
  add(61, "bmp", Raw("BM\x90\x01\0\0"));
  add(61, "tiff", Raw("II*\0\x08\0\0\0"));
  add(61, "jpeg_2000", Raw("\0\0\0\x0CjP  \r\n\x87\n"));
  add(61, "ppm", "P6\n10 10\n255\n");
  add(61, "hdr", "#?RADIANCE\n");
  add(61, "exr", Raw("\x76\x2F\x31\x01\x02\0\0\0"));
  add(61, "sun_raster", "\x59\xA6\x6A\x95");
  add(62, "vrt",
      "<VRTDataset rasterXSize=\"9\" "
      "rasterYSize=\"9\"><SourceFilename>/etc/passwd</SourceFilename>");
  add(62, "dicom", std::string(128, '\0') + "DICM");
  add(62, "svg",
      "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"file:///etc/passwd\"/></svg>");
  add(62, "pdf", "%PDF-1.7\n");
  add(62, "html", "<!DOCTYPE html><html></html>");
  add(62, "elf",
      Raw("\x7F"
          "ELF\x02\x01\x01\0"));
  add(62, "gzip", Raw("\x1F\x8B\x08\0"));
  rows->push_back(
      {63, "base64_of_jpeg", absl::Base64Escape(MakeJpeg(photo)), "unsupported_format"});
  rows->push_back({63, "random", RandomBytes(5000, 11), "unsupported_format"});
  rows->push_back({63, "zeros", std::string(100'000, '\0'), "unsupported_format"});
  rows->push_back({63, "text", Bytes("this is not an image"), "unsupported_format"});
}

}  // namespace

std::vector<BadImage> BadImages() {
  const Image photo = NoisyImage(256, 192);
  Rows rows;
  AddStumps(&rows);
  AddCuts(photo, &rows);
  AddJpegHeaders(photo, &rows);
  AddJpegKinds(photo, &rows);
  AddExif(photo, &rows);
  AddBadPngs(photo, &rows);
  AddOtherFormats(photo, &rows);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const BadImage& a, const BadImage& b) { return a.row < b.row; });
  return rows;
}

}  // namespace lookbook
