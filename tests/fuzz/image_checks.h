// What the targets over pictures hold engine/image to.
#pragma once

#include "absl/strings/string_view.h"
#include "engine/image/image_header.h"

namespace lookbook {

// The server's limits, with fewer pixels: a fuzzer's time goes into files, not into their areas.
ImageLimits FuzzImageLimits();

// ParseImageHeader() accepts `bytes` within `limits`, or refuses with one of its reasons.
void CheckHeader(absl::string_view bytes, const ImageLimits& limits);

// DecodeImage() gives a picture of the size that the header states, or refuses with one of its
// reasons; bytes of another format than `format` are left alone.
void CheckDecoding(absl::string_view bytes, ImageFormat format);

}  // namespace lookbook
