#include "models/study/study_picture.h"

#include "base/files.h"
#include "engine/image/decode.h"
#include "engine/image/thumbnail.h"

namespace lookbook {

std::string ThumbnailOf(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return "";
  DecodeOptions options;
  options.min_short_side = 128;
  const absl::StatusOr<DecodedImage> decoded = DecodeImage(*bytes, options);
  return decoded.ok() ? MakeThumbnail(decoded->image).value_or("") : "";
}

}  // namespace lookbook
