// RGB pixels -> a baseline JPEG file: thumbnails and synthetic data.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/image/image.h"

namespace lookbook {

// `quality` is libjpeg's, 1 to 100; chroma is halved both ways (4:2:0). The same image gives the
// same bytes.
//
// InvalidArgument: `image` is empty, holds another number of bytes than its size says, has a side
// beyond 65,500, or `quality` is out of range. ResourceExhausted: out of memory. Thread-safe.
absl::StatusOr<std::string> EncodeJpeg(const Image& image, int quality);

}  // namespace lookbook
