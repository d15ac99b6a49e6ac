// Small pictures for people to look at.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/image/image.h"

namespace lookbook {

// `image` with its longer side at most `longest_side`, its shape kept; never enlarged.
//
// InvalidArgument: `image` is empty or `longest_side` < 1. ResourceExhausted: out of memory.
// Thread-safe.
absl::StatusOr<Image> ShrinkToFit(const Image& image, int longest_side);

// ShrinkToFit as a JPEG file of quality 85; about 4 kB at 128 pixels.
absl::StatusOr<std::string> MakeThumbnail(const Image& image, int longest_side = 128);

}  // namespace lookbook
