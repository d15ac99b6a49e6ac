// Turns a stored picture the way it was meant to be seen. Internal to engine/image.
#pragma once

#include "absl/status/statusor.h"
#include "engine/image/image.h"

namespace lookbook {

// Undoes Exif `orientation`: 2 mirrors left-right, 3 turns by 180°, 4 mirrors top-bottom, 5
// transposes, 6 turns 90° clockwise, 7 transposes over the other diagonal, 8 turns 90°
// counter-clockwise. 1 gives `image` back untouched.
//
// REQUIRES: `image` is not empty and orientation is 1 to 8. ResourceExhausted: out of memory.
absl::StatusOr<Image> MakeUpright(Image image, int orientation);

}  // namespace lookbook
