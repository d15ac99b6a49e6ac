// Image files that need every step between bytes and tensor, made from ordinary ones: what a
// self-test asks about.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/image/image.h"

namespace lookbook {

// `image` enlarged to `side` × `side`, paler and with stripes on it, as a JPEG file. The stripes
// are as fine as a decode at 1/`scale` can show, so that a reader that decodes at another scale, or
// shrinks in another way, sees other pixels. InvalidArgument: a side or scale below 1, or an image
// that is none.
absl::StatusOr<std::string> LargeTexturedJpeg(const Image& image, int side, int scale);

// `image` as a JPEG file whose EXIF data says that it lies as `orientation` (1 to 8). The pixels
// are not turned.
absl::StatusOr<std::string> OrientedJpeg(const Image& image, int orientation);

// `image` as an 8-bit RGBA PNG file: opaque in the middle, more and more transparent towards the
// left edge.
absl::StatusOr<std::string> TranslucentPng(const Image& image);

}  // namespace lookbook
