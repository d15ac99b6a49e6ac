#include "models/export/golden_images.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/image/encode.h"

namespace lookbook {
namespace {

constexpr int kQuality = 92;
// Of a stripe, in pixels of the scaled decode: finer than that can show. Averaging whole pixels
// over an input pixel that is no multiple of a JPEG block leaves a fifth of such stripes as a slow
// beat; a scaled decode makes another beat of them. The two differ by 10 of 255 in the mean.
constexpr double kStripePeriod = 1.4;
constexpr double kStripeHeight = 60;  // Of 255, each direction.

std::string BigEndian32(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string PngChunk(absl::string_view type, absl::string_view data) {
  const std::string body = absl::StrCat(type, data);
  const uLong crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return absl::StrCat(BigEndian32(static_cast<uint32_t>(data.size())), body,
                      BigEndian32(static_cast<uint32_t>(crc)));
}

absl::StatusOr<std::string> Deflate(absl::string_view data) {
  uLongf size = compressBound(data.size());
  std::string out(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                reinterpret_cast<const Bytef*>(data.data()), data.size(),
                Z_BEST_COMPRESSION) != Z_OK) {
    return absl::ResourceExhaustedError("deflate: out of memory");
  }
  out.resize(size);
  return out;
}

absl::Status CheckPixels(const Image& image) {
  const size_t bytes = size_t{3} * std::max(image.width, 0) * std::max(image.height, 0);
  if (bytes > 0 && image.rgb.size() == bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("an image of ", image.width, " × ", image.height,
                                                 " has ", image.rgb.size(), " bytes"));
}

}  // namespace

absl::StatusOr<std::string> LargeTexturedJpeg(const Image& image, int side, int scale) {
  LB_RETURN_IF_ERROR(CheckPixels(image));
  if (side < 1) return absl::InvalidArgumentError(absl::StrCat("side ", side, " is below 1"));
  if (scale < 1) return absl::InvalidArgumentError(absl::StrCat("scale ", scale, " is below 1"));
  const double period = kStripePeriod * scale;
  Image out{side, side, std::vector<uint8_t>(size_t{3} * side * side)};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const size_t from = 3 * (static_cast<size_t>(y) * image.height / side * image.width +
                               static_cast<size_t>(x) * image.width / side);
      // In brightness, which is stored at full size, and one direction at a time: a product of two
      // waves would be weakened twice.
      const double wave = std::sin(2 * M_PI * x / period) + std::sin(2 * M_PI * y / (period + 1));
      for (int c = 0; c < 3; ++c) {
        const double value = 64 + 0.5 * image.rgb[from + c] + kStripeHeight * wave;
        out.rgb[3 * (static_cast<size_t>(y) * side + x) + c] =
            static_cast<uint8_t>(std::clamp(value, 0.0, 255.0));
      }
    }
  }
  return EncodeJpeg(out, kQuality);
}

absl::StatusOr<std::string> OrientedJpeg(const Image& image, int orientation) {
  if (orientation < 1 || orientation > 8) {
    return absl::InvalidArgumentError(
        absl::StrCat("orientation ", orientation, " is not within 1 to 8"));
  }
  LB_ASSIGN_OR_RETURN(const std::string jpeg, EncodeJpeg(image, kQuality));
  // TIFF, big-endian, one directory with one entry: tag 0x0112 (Orientation), SHORT, count 1.
  std::string exif("Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 25);
  exif += static_cast<char>(orientation);
  exif.append("\0\0\0\0\0\0", 6);  // Rest of the value; no further directory.
  const size_t length = exif.size() + 2;
  std::string segment = "\xff\xe1";
  segment += static_cast<char>(length >> 8);
  segment += static_cast<char>(length & 0xff);
  return absl::StrCat(jpeg.substr(0, 2), segment, exif, jpeg.substr(2));
}

absl::StatusOr<std::string> TranslucentPng(const Image& image) {
  LB_RETURN_IF_ERROR(CheckPixels(image));
  std::string rows;
  for (int y = 0; y < image.height; ++y) {
    rows += '\0';  // No filter.
    for (int x = 0; x < image.width; ++x) {
      const uint8_t* pixel = &image.rgb[3 * (static_cast<size_t>(y) * image.width + x)];
      rows.append(reinterpret_cast<const char*>(pixel), 3);
      rows += static_cast<char>(std::min(255, 510 * (x + 1) / image.width));
    }
  }
  LB_ASSIGN_OR_RETURN(const std::string data, Deflate(rows));
  const std::string header = absl::StrCat(BigEndian32(static_cast<uint32_t>(image.width)),
                                          BigEndian32(static_cast<uint32_t>(image.height)),
                                          std::string("\x08\x06\0\0\0", 5));
  return absl::StrCat("\x89PNG\r\n\x1a\n", PngChunk("IHDR", header), PngChunk("IDAT", data),
                      PngChunk("IEND", ""));
}

}  // namespace lookbook
