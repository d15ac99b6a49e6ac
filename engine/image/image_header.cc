#include "engine/image/image_header.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/image/exif_orientation.h"
#include "engine/image/jpeg_decoder.h"
#include "engine/image/jpeg_structure.h"
#include "engine/image/png_decoder.h"
#include "engine/image/png_structure.h"

namespace lookbook {
namespace {

// Beyond what a JPEG can say and a PNG has any use for: the field is damaged or hostile, whatever
// the limits allow.
constexpr int64_t kLargestSide = 65'535;

bool IsJpeg(absl::string_view bytes) {
  return absl::StartsWith(bytes, "\xFF\xD8") && (bytes.size() == 2 || bytes[2] == '\xFF');
}

// Sizes beyond all reason come first, then the costliest limit: a caller who sent a bomb is told
// so.
absl::Status CheckSize(int64_t width, int64_t height, const ImageLimits& limits) {
  const std::string size = absl::StrCat(width, "x", height);
  const int64_t longer = std::max(width, height);
  const int64_t shorter = std::min(width, height);
  if (shorter < 1 || longer > std::max<int64_t>(kLargestSide, limits.max_side)) {
    return InvalidArgument("bad_dimensions", absl::StrCat("the image says it is ", size));
  }
  if (width * height > limits.max_pixels) {
    return InvalidArgument("too_many_pixels", absl::StrCat("the image is ", size, ", more than ",
                                                           limits.max_pixels, " pixels"));
  }
  if (longer > limits.max_side) {
    return InvalidArgument(
        "bad_dimensions", absl::StrCat("the image is ", size, ", a side beyond ", limits.max_side));
  }
  if (longer > shorter * limits.max_aspect) {
    return InvalidArgument("bad_aspect",
                           absl::StrCat("the image is ", size, ", beyond 1:", limits.max_aspect));
  }
  if (shorter < limits.min_side) {
    return InvalidArgument("too_small",
                           absl::StrCat("the image is ", size, ", a side below ", limits.min_side));
  }
  return absl::OkStatus();
}

// Baseline, extended and progressive Huffman with 8 bits are what the world writes. Arithmetic
// coding (C9, CA) could be decoded, but no camera or browser writes it: it would only be more code
// open to strangers.
absl::Status CheckProcess(const JpegFrame& frame) {
  if (frame.process != 0xC0 && frame.process != 0xC1 && frame.process != 0xC2) {
    return InvalidArgument(
        "unsupported_jpeg",
        absl::StrFormat("JPEG process SOF%d (lossless, hierarchical or arithmetic)",
                        frame.process - 0xC0));
  }
  if (frame.precision != 8) {
    return InvalidArgument("unsupported_jpeg",
                           absl::StrCat("a JPEG of ", frame.precision, " bits a sample"));
  }
  if (frame.components != 1 && frame.components != 3 && frame.components != 4) {
    return InvalidArgument("unsupported_jpeg",
                           absl::StrCat("a JPEG of ", frame.components, " components"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ImageHeader> ParseJpegHeader(absl::string_view bytes, const ImageLimits& limits) {
  LB_ASSIGN_OR_RETURN(const JpegFrame frame, ReadJpegFrame(bytes));
  LB_RETURN_IF_ERROR(CheckProcess(frame));
  LB_RETURN_IF_ERROR(CheckSize(frame.width, frame.height, limits));
  LB_ASSIGN_OR_RETURN(const JpegFirstScan scan, ReadJpegFirstScan(bytes));
  return ImageHeader{ImageFormat::kJpeg, frame.width, frame.height, ReadExifOrientation(scan.exif),
                     JpegCoefficientBytes(frame, scan.components)};
}

absl::StatusOr<ImageHeader> ParsePngHeader(absl::string_view bytes, const ImageLimits& limits) {
  LB_ASSIGN_OR_RETURN(const PngHeader header, ReadPngHeader(bytes));
  LB_RETURN_IF_ERROR(CheckSize(header.width, header.height, limits));
  LB_ASSIGN_OR_RETURN(const PngChunks chunks, ReadPngChunks(bytes, limits.max_png_chunks));
  return ImageHeader{ImageFormat::kPng, static_cast<int>(header.width),
                     static_cast<int>(header.height), ReadExifOrientation(chunks.exif),
                     PngDecoderBytes(header, chunks)};
}

}  // namespace

absl::StatusOr<ImageHeader> ParseImageHeader(absl::string_view bytes, const ImageLimits& limits) {
  if (bytes.empty()) return InvalidArgument("empty_image", "the image has no bytes");
  if (bytes.size() > limits.max_bytes) {
    return InvalidArgument("image_too_large", absl::StrCat("the image has ", bytes.size(),
                                                           " bytes, more than ", limits.max_bytes));
  }
  if (IsJpeg(bytes)) return ParseJpegHeader(bytes, limits);
  if (absl::StartsWith(bytes, kPngSignature)) return ParsePngHeader(bytes, limits);
  return InvalidArgument("unsupported_format", "the image is neither JPEG nor PNG");
}

}  // namespace lookbook
