#include "engine/image/jpeg_decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/image/jpeg_reader.h"

namespace lookbook {
namespace {

constexpr int kRowsAtOnce = 16;
constexpr uint8_t kProgressive = 0xC2;
constexpr int64_t kBlockBytes = 64 * 2;  // 8 x 8 coefficients.

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Blocks of a component along one side, filled up to whole units as libjpeg does.
int64_t Blocks(int side, int factor, int largest_factor) {
  const int64_t blocks = DivideUp(int64_t{side} * factor, int64_t{8} * largest_factor);
  return DivideUp(blocks, factor) * factor;
}

absl::Status ToStatus(JpegFault fault, const JpegReader& reader) {
  const std::string message = absl::StrCat("JPEG: ", reader.message());
  switch (fault) {
    case JpegFault::kNone:
      return absl::OkStatus();
    case JpegFault::kCorrupt:
      return InvalidArgument("corrupt", message);
    case JpegFault::kTruncated:
      return InvalidArgument("truncated",
                             absl::StrCat(message, " (the file ends before its image does)"));
    case JpegFault::kTooManyScans:
      return InvalidArgument("too_many_scans", message);
    case JpegFault::kUnsupported:
      return InvalidArgument("unsupported_jpeg", message);
    case JpegFault::kOutOfMemory:
      return absl::ResourceExhaustedError(message);
  }
  return absl::InternalError(message);
}

// 255 is no ink. Each ink lets through its share of the light.
void AppendCmyk(const std::vector<uint8_t>& cmyk, bool inverted_ink, std::vector<uint8_t>* rgb) {
  const uint8_t flip = inverted_ink ? 0 : 255;
  for (size_t i = 0; i + 4 <= cmyk.size(); i += 4) {
    const int light = cmyk[i + 3] ^ flip;
    for (size_t c = 0; c < 3; ++c) {
      rgb->push_back(static_cast<uint8_t>(((cmyk[i + c] ^ flip) * light + 127) / 255));
    }
  }
}

// The rows go through a small buffer so that a file which promises more than it holds touches
// little memory.
absl::Status ReadImage(JpegReader* reader, Image* image) {
  image->width = reader->width();
  image->height = reader->height();
  image->rgb.reserve(size_t{3} * image->width * image->height);
  std::vector<uint8_t> rows;
  for (int y = 0; y < image->height; y += kRowsAtOnce) {
    const int count = std::min(kRowsAtOnce, image->height - y);
    rows.resize(count * reader->row_bytes());
    LB_RETURN_IF_ERROR(ToStatus(reader->ReadRows(rows.data(), count), *reader));
    if (reader->channels() == 4) {
      AppendCmyk(rows, reader->inverted_ink(), &image->rgb);
    } else {
      image->rgb.insert(image->rgb.end(), rows.begin(), rows.end());
    }
  }
  return absl::OkStatus();
}

}  // namespace

int ScaleDenominator(int width, int height, int min_short_side) {
  if (min_short_side <= 0) return 1;
  const int shorter = std::min(width, height);
  for (const int denominator : {8, 4, 2}) {
    if ((shorter + denominator - 1) / denominator >= min_short_side) return denominator;
  }
  return 1;
}

int64_t JpegCoefficientBytes(const JpegFrame& frame, int scan_components) {
  if (frame.process != kProgressive && scan_components >= frame.components) return 0;
  // libjpeg refuses factors beyond 1 to 4.
  const auto factor = [](int value) { return std::clamp(value, 1, 4); };
  const int components = std::min<int>(frame.components, frame.sampling.size());
  int most_across = 1, most_down = 1;
  for (int i = 0; i < components; ++i) {
    most_across = std::max(most_across, factor(frame.sampling[i] >> 4));
    most_down = std::max(most_down, factor(frame.sampling[i] & 15));
  }
  int64_t bytes = 0;
  for (int i = 0; i < components; ++i) {
    const int64_t across = Blocks(frame.width, factor(frame.sampling[i] >> 4), most_across);
    const int64_t down = Blocks(frame.height, factor(frame.sampling[i] & 15), most_down);
    bytes += down * (across * kBlockBytes + static_cast<int64_t>(sizeof(void*)));
  }
  return bytes;
}

absl::StatusOr<JpegPixels> DecodeJpeg(absl::string_view bytes, int denominator, int max_scans) {
  JpegReader reader(bytes, max_scans);
  JpegPixels pixels;
  LB_RETURN_IF_ERROR(ToStatus(reader.ReadHeader(), reader));
  LB_RETURN_IF_ERROR(ToStatus(reader.Start(denominator), reader));
  LB_RETURN_IF_ERROR(ReadImage(&reader, &pixels.image));
  LB_RETURN_IF_ERROR(ToStatus(reader.Finish(), reader));
  pixels.missing_eoi = reader.ran_out();
  return pixels;
}

}  // namespace lookbook
