// Bytes of a JPEG or PNG file -> upright RGB pixels. The trainer and the server decode with this
// and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/image/image.h"
#include "engine/image/image_header.h"

namespace lookbook {

struct DecodeOptions {
  ImageLimits limits;
  // A JPEG is decoded at the strongest of 1/1, 1/2, 1/4, 1/8 whose short side stays >= this; 0 =
  // always 1/1. Callers pass PreprocessSpec::MinDecodedSide().
  int min_short_side = 0;
  bool apply_orientation = true;  // EXIF orientation 1 to 8; an invalid tag counts as 1.
};

struct DecodedImage {
  Image image;                // Upright.
  ImageHeader header;         // As stored in the file.
  int scale_denominator = 1;  // 1, 2, 4 or 8.
  int orientation = 1;        // EXIF tag that was applied.
  // Closed set of names for a reply and a counter: "missing_eoi" (the JPEG has all its data but no
  // end marker).
  std::vector<std::string> warnings;
};

// Alpha is composited on white; 16-bit samples keep their high byte; CMYK and YCCK become RGB;
// grey and palette become RGB.
//
// InvalidArgument with the reasons of ParseImageHeader, and: truncated, corrupt, too_many_scans,
// unsupported_jpeg. ResourceExhausted: out of memory.
// Thread-safe: holds no state between calls.
absl::StatusOr<DecodedImage> DecodeImage(absl::string_view bytes, const DecodeOptions& options);

// The most memory, in bytes, that DecodeImage(bytes, options) takes at once for a file with this
// header, its result included: an upper bound, near for all but small pictures.
int64_t DecodePeakBytes(const ImageHeader& header, const DecodeOptions& options);

}  // namespace lookbook
