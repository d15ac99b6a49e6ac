#include "models/dataset/model_pixels.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/prefix.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/image/decode.h"

namespace lookbook {
namespace {

absl::StatusOr<Image> Load(const std::string& path, const PreprocessSpec& spec) {
  DecodeOptions options;
  options.min_short_side = spec.MinDecodedSide();
  options.apply_orientation = spec.orientation;
  LB_ASSIGN_OR_RETURN(const uint64_t size, FileSize(path));
  if (size > options.limits.max_bytes) {
    return InvalidArgument(
        "image_too_large",
        absl::StrCat(path, ": ", size, " bytes are more than ", options.limits.max_bytes));
  }
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, options));
  return ResizeForModel(decoded.image, spec);
}

}  // namespace

absl::Status ReadModelPixels(const std::string& path, const PreprocessSpec& spec,
                             absl::Span<uint8_t> out) {
  const absl::StatusOr<Image> image = Load(path, spec);
  if (!image.ok()) return WithPrefixOnce(path, image.status());
  assert(image->rgb.size() == out.size());
  std::memcpy(out.data(), image->rgb.data(), out.size());
  return absl::OkStatus();
}

void FillWithMean(const PreprocessSpec& spec, absl::Span<uint8_t> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(std::lround(255 * std::clamp(spec.mean[i % 3], 0.f, 1.f)));
  }
}

}  // namespace lookbook
