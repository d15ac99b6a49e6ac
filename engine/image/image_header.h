// What a JPEG or PNG file says of itself, read before any pixel is decoded.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

enum class ImageFormat { kJpeg, kPng };

// Every bound is inclusive: a file at the limit is accepted, one beyond it refused.
struct ImageLimits {
  uint64_t max_bytes = 16u << 20;
  int64_t max_pixels = 50'000'000;
  int max_side = 65'500;
  int min_side = 8;
  int max_aspect = 200;  // Longer side over shorter side.
  int max_scans = 100;   // Progressive JPEG.
  // Scans times pixels of a JPEG, which is what its decoding costs; 20 scans are allowed at any
  // size.
  int64_t max_scan_pixels = 1'000'000'000;
  int max_png_chunks = 10'000;
};

struct ImageHeader {
  ImageFormat format = ImageFormat::kJpeg;
  int width = 0;  // As stored, before EXIF orientation.
  int height = 0;
  int orientation = 1;  // By the Exif tag, 1 to 8.
  // What a decoder holds of the whole picture beside its pixels: the coefficients of a JPEG that is
  // progressive or has its components in several scans, the rows of an interlaced PNG.
  int64_t decoder_bytes = 0;
};

// Knows the format by its first bytes, reads the size from SOFn or IHDR and checks it against
// `limits`. Reads markers only: its time does not depend on the number of pixels.
//
// InvalidArgument with reason (base/reason.h): empty_image, image_too_large, unsupported_format,
// corrupt, truncated, unsupported_jpeg, bad_dimensions, too_small, bad_aspect, too_many_pixels,
// too_many_chunks.
absl::StatusOr<ImageHeader> ParseImageHeader(absl::string_view bytes, const ImageLimits& limits);

}  // namespace lookbook
