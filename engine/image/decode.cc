#include "engine/image/decode.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/image/jpeg_decoder.h"
#include "engine/image/jpeg_structure.h"
#include "engine/image/png_decoder.h"
#include "engine/image/png_structure.h"
#include "engine/image/upright.h"

namespace lookbook {
namespace {

// Ordinary progressive files have about ten scans (18 for CMYK); they are never refused for their
// size alone.
constexpr int64_t kOrdinaryScans = 20;

// Of the rows that a decoder has at work, for each column: libjpeg's at the largest sampling
// factors (176), and 16 rows of CMYK.
constexpr int64_t kColumnBytes = 256;
// What a decoder takes whatever the picture's size: tables, zlib's window.
constexpr int64_t kStateBytes = 128 << 10;

int Orientation(const ImageHeader& header, const DecodeOptions& options) {
  return options.apply_orientation ? header.orientation : 1;
}

int AllowedScans(const ImageHeader& header, const ImageLimits& limits) {
  const int64_t pixels = int64_t{header.width} * header.height;
  const int64_t by_work = std::max(kOrdinaryScans, limits.max_scan_pixels / pixels);
  return static_cast<int>(std::min<int64_t>(limits.max_scans, by_work));
}

// Everything that can be known without decoding is refused first.
absl::Status CheckScans(const JpegScans& scans, int allowed) {
  if (scans.count > allowed) {
    return InvalidArgument(
        "too_many_scans",
        absl::StrCat("the JPEG has ", scans.count, " scans, more than ", allowed, " for its size"));
  }
  if (!scans.has_eoi && !scans.complete) {
    return InvalidArgument("truncated", "the JPEG file ends before its last scan");
  }
  if (!scans.all_components) {
    return InvalidArgument("corrupt", "the JPEG never sends one of its components");
  }
  return absl::OkStatus();
}

absl::Status DecodeJpegInto(absl::string_view bytes, const DecodeOptions& options,
                            DecodedImage* decoded) {
  const ImageHeader& header = decoded->header;
  LB_ASSIGN_OR_RETURN(const JpegFrame frame, ReadJpegFrame(bytes));
  LB_ASSIGN_OR_RETURN(const JpegScans scans, ReadJpegScans(bytes, frame));
  const int allowed = AllowedScans(header, options.limits);
  LB_RETURN_IF_ERROR(CheckScans(scans, allowed));
  decoded->scale_denominator =
      ScaleDenominator(header.width, header.height, options.min_short_side);
  LB_ASSIGN_OR_RETURN(JpegPixels pixels, DecodeJpeg(bytes, decoded->scale_denominator, allowed));
  decoded->image = std::move(pixels.image);
  if (pixels.missing_eoi) decoded->warnings.push_back("missing_eoi");
  return absl::OkStatus();
}

absl::Status DecodePngInto(absl::string_view bytes, const DecodeOptions& options,
                           DecodedImage* decoded) {
  LB_ASSIGN_OR_RETURN(const PngHeader header, ReadPngHeader(bytes));
  LB_ASSIGN_OR_RETURN(const PngChunks chunks, ReadPngChunks(bytes, options.limits.max_png_chunks));
  LB_ASSIGN_OR_RETURN(decoded->image, DecodePng(header, chunks));
  return absl::OkStatus();
}

absl::StatusOr<DecodedImage> Decode(absl::string_view bytes, const DecodeOptions& options) {
  DecodedImage decoded;
  LB_ASSIGN_OR_RETURN(decoded.header, ParseImageHeader(bytes, options.limits));
  LB_RETURN_IF_ERROR(decoded.header.format == ImageFormat::kJpeg
                         ? DecodeJpegInto(bytes, options, &decoded)
                         : DecodePngInto(bytes, options, &decoded));
  decoded.orientation = Orientation(decoded.header, options);
  LB_ASSIGN_OR_RETURN(decoded.image, MakeUpright(std::move(decoded.image), decoded.orientation));
  return decoded;
}

}  // namespace

int64_t DecodePeakBytes(const ImageHeader& header, const DecodeOptions& options) {
  const int scale = header.format == ImageFormat::kJpeg
                        ? ScaleDenominator(header.width, header.height, options.min_short_side)
                        : 1;
  const auto scaled = [scale](int side) { return int64_t{side + scale - 1} / scale; };
  const int64_t pixels = 3 * scaled(header.width) * scaled(header.height);
  // The decoder is gone when the picture is turned into a second one.
  const int64_t decoder = header.decoder_bytes + kColumnBytes * scaled(header.width);
  const int64_t turned = Orientation(header, options) == 1 ? 0 : pixels;
  return pixels + std::max(decoder, turned) + kStateBytes;
}

absl::StatusOr<DecodedImage> DecodeImage(absl::string_view bytes, const DecodeOptions& options) {
  return CatchToStatus("decoding the image", [&] { return Decode(bytes, options); });
}

}  // namespace lookbook
