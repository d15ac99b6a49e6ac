#include "tests/fuzz/image_checks.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "engine/image/decode.h"
#include "engine/image/jpeg_decoder.h"
#include "tests/fuzz/fuzz_target.h"

namespace lookbook {
namespace {

constexpr std::initializer_list<const char*> kHeaderReasons = {
    "empty_image", "image_too_large", "unsupported_format", "corrupt",
    "truncated",   "bad_dimensions",  "unsupported_jpeg",   "too_small",
    "bad_aspect",  "too_many_pixels", "too_many_chunks"};
constexpr std::initializer_list<const char*> kDecodeReasons = {
    "empty_image", "image_too_large", "unsupported_format", "corrupt",
    "truncated",   "bad_dimensions",  "unsupported_jpeg",   "too_small",
    "bad_aspect",  "too_many_pixels", "too_many_chunks",    "too_many_scans"};

void RequireWithin(const ImageHeader& header, const ImageLimits& limits) {
  const int64_t longer = std::max(header.width, header.height);
  const int64_t shorter = std::min(header.width, header.height);
  Require(shorter >= limits.min_side, "the shorter side is at least min_side");
  Require(longer <= limits.max_side, "the longer side is at most max_side");
  Require(longer <= shorter * limits.max_aspect, "the sides keep to max_aspect");
  Require(longer * shorter <= limits.max_pixels, "there are at most max_pixels pixels");
}

int ScaledSide(int side, int denominator) { return (side + denominator - 1) / denominator; }

void RequireSound(const DecodedImage& decoded, const DecodeOptions& options) {
  RequireWithin(decoded.header, options.limits);
  const int scale = decoded.scale_denominator;
  Require(scale == 1 || scale == 2 || scale == 4 || scale == 8, "the scale is 1, 2, 4 or 8");
  Require(scale == 1 || decoded.header.format == ImageFormat::kJpeg, "only a JPEG is scaled");
  Require(decoded.orientation >= 1 && decoded.orientation <= 8, "the orientation is 1 to 8");
  int width = ScaledSide(decoded.header.width, scale);
  int height = ScaledSide(decoded.header.height, scale);
  if (decoded.orientation >= 5) std::swap(width, height);
  const Image& image = decoded.image;
  Require(image.width == width && image.height == height, "the picture has its header's size");
  Require(image.rgb.size() == size_t{3} * width * height, "every pixel has three samples");
  Require(static_cast<int64_t>(image.rgb.size()) < DecodePeakBytes(decoded.header, options),
          "DecodePeakBytes() counts the pixels");
  for (const std::string& warning : decoded.warnings) {
    Require(warning == "missing_eoi", "the only warning is missing_eoi");
  }
}

// DecodeImage() has counted the scans before the decoder does. REQUIRES: `bytes` decode so.
void RequireBoundOfScans(absl::string_view bytes, int denominator) {
  const absl::StatusOr<JpegPixels> first_scan = DecodeJpeg(bytes, denominator, /*max_scans=*/1);
  if (!first_scan.ok()) RequireReason(first_scan.status(), {"too_many_scans"});
}

}  // namespace

ImageLimits FuzzImageLimits() {
  ImageLimits limits;
  limits.max_pixels = 1 << 16;
  limits.max_png_chunks = 1000;
  return limits;
}

void CheckHeader(absl::string_view bytes, const ImageLimits& limits) {
  const absl::StatusOr<ImageHeader> header = ParseImageHeader(bytes, limits);
  if (header.ok()) return RequireWithin(*header, limits);
  RequireReason(header.status(), kHeaderReasons);
}

void CheckDecoding(absl::string_view bytes, ImageFormat format) {
  DecodeOptions options;
  options.limits = FuzzImageLimits();
  const absl::StatusOr<ImageHeader> header = ParseImageHeader(bytes, options.limits);
  if (header.ok() && header->format != format) return;
  options.min_short_side = bytes.size() % 2 == 0 ? 0 : 8;  // With and without scaling.
  const absl::StatusOr<DecodedImage> decoded = DecodeImage(bytes, options);
  if (!decoded.ok()) return RequireReason(decoded.status(), kDecodeReasons);
  Require(header.ok(), "what the header check refuses does not decode");
  RequireSound(*decoded, options);
  if (format == ImageFormat::kJpeg) RequireBoundOfScans(bytes, decoded->scale_denominator);
}

}  // namespace lookbook
