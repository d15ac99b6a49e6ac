// JPEG and PNG files made to order for tests: ordinary ones, unusual ones, damaged ones and hostile
// ones. A file that cannot be made throws std::runtime_error, which fails the test.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/image/image.h"

namespace lookbook {

// ---- Pixels ----

// Smooth and colourful; differs in all corners, so that a mirrored or turned copy never equals it.
Image GradientImage(int width, int height);
// The gradient with noise on it: its files have many bytes. The same seed gives the same image.
Image NoisyImage(int width, int height, uint32_t seed = 1);
Image SolidImage(int width, int height, uint8_t red, uint8_t green, uint8_t blue);
// The largest difference between two samples of images of the same size; 256 when the sizes differ.
int LargestDifference(const Image& a, const Image& b);

// ---- JPEG ----

enum class JpegColor {
  kYcc,        // The usual.
  kRgb,        // Three components without a colour transform (Adobe transform 0).
  kGrey,       // The mean of R, G and B.
  kCmyk,       // Adobe: inverted ink.
  kYcck,       // Adobe, with colour transform.
  kPlainCmyk,  // No Adobe segment: 0 is no ink.
};

struct JpegFileOptions {
  int quality = 90;
  JpegColor color = JpegColor::kYcc;
  int luma_width =
      2;  // Luma samples per chroma sample: 1x1 is 4:4:4, 2x1 4:2:2, 2x2 4:2:0, 4x1 4:1:1.
  int luma_height = 2;
  bool interleaved = true;  // False: one scan a component.
  bool progressive = false;
  int scans = 0;  // Progressive with exactly so many scans: 4 to 2,000; 0 = libjpeg's ten.
  bool arithmetic = false;
  int restart_interval = 0;  // In MCUs; 0 = none.
  std::string exif;          // TIFF data of an Exif segment; empty = no segment.
};

std::string MakeJpeg(const Image& image, const JpegFileOptions& options = {});

// TIFF data whose first directory holds the Orientation tag.
std::string ExifOrientation(int orientation, bool big_endian = false);
// A JPEG of `image` with that tag.
std::string JpegWithOrientation(const Image& image, int orientation);

// Changes the size in the frame header, and nothing else.
std::string WithJpegSize(std::string jpeg, int width, int height);
// REQUIRES: `jpeg` ends in its end marker.
std::string WithoutEoi(std::string jpeg);
// The first `percent` of the bytes.
std::string Cut(absl::string_view file, double percent);
// Position of the first byte of the first marker FF `code`.
size_t FindJpegMarker(absl::string_view jpeg, uint8_t code);

// ---- PNG ----

enum class PngColor { kGrey = 0, kRgb = 2, kPalette = 3, kGreyAlpha = 4, kRgba = 6 };

struct PngFileOptions {
  PngColor color = PngColor::kRgb;
  int depth = 8;  // 1, 2, 4 (grey, palette), 8, 16 (not palette).
  bool interlaced = false;
  int alpha = 255;           // Of every pixel, for kGreyAlpha and kRgba; 8 bits.
  std::string transparency;  // Data of a tRNS chunk; empty = none.
  std::string before_data;   // Whole chunks that stand in front of IDAT.
  size_t idat_size = 8192;   // Bytes of compressed data a chunk.
};

// Grey is the mean of R, G and B. Fewer bits keep the sample's high bits. 16-bit samples have the
// 8-bit one as high byte and its complement as low byte. A palette file of depth d holds 2^d
// entries: entry i is PaletteColor(i), and a pixel's index is the high bits of its red sample.
std::string MakePng(const Image& image, const PngFileOptions& options = {});
void PaletteColor(int index, uint8_t rgb[3]);

// One chunk with its length and right CRC. `type` has four letters.
std::string PngChunk(absl::string_view type, absl::string_view data);
std::string PngIhdr(uint32_t width, uint32_t height, int depth, PngColor color,
                    bool interlaced = false);
std::string PngSignature();
// Changes the size in IHDR and mends its CRC.
std::string WithPngSize(const std::string& png, uint32_t width, uint32_t height);

std::string Deflate(absl::string_view data);
// The zlib stream of `count` zero bytes; its making costs little, however large `count`.
std::string DeflateZeros(uint64_t count);

// ---- Bad input ----

struct BadImage {
  int row = 0;       // Of the table of bad inputs.
  std::string name;  // "jpeg_cut_50"
  std::string bytes;
  std::string reason;   // Of the INVALID_ARGUMENT that it must get; empty: it must decode.
  std::string warning;  // With which it decodes.
};

// 110 files that a service is sent by mistake or on purpose; limits are the defaults.
std::vector<BadImage> BadImages();

}  // namespace lookbook
