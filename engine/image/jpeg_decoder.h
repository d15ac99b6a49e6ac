// JPEG bytes -> RGB pixels as stored, before Exif orientation. Internal to engine/image.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/image/image.h"
#include "engine/image/jpeg_structure.h"

namespace lookbook {

// The strongest of 1, 2, 4, 8 that leaves a short side of at least `min_short_side`; libjpeg rounds
// sides up. 1 when `min_short_side` is 0.
int ScaleDenominator(int width, int height, int min_short_side);

// Bytes of the coefficients that decoding holds of the whole picture; 0 when one scan sends all
// components, row by row. `scan_components`: of the first scan.
int64_t JpegCoefficientBytes(const JpegFrame& frame, int scan_components);

struct JpegPixels {
  Image image;
  bool missing_eoi = false;  // All data were there, but no end marker.
};

// Decodes at 1/`denominator`. Grey, RGB, YCbCr, CMYK and YCCK become RGB.
//
// Stops at the first fault, and memory grows only with the rows decoded until then (progressive
// files: with the coefficients). InvalidArgument with reason truncated, corrupt, unsupported_jpeg,
// or too_many_scans when a scan beyond `max_scans` begins. ResourceExhausted: libjpeg is out of
// memory. Throws std::bad_alloc when this process is. Thread-safe.
absl::StatusOr<JpegPixels> DecodeJpeg(absl::string_view bytes, int denominator, int max_scans);

}  // namespace lookbook
