// OpenCV's resize behind a Status. Internal to engine/image.
#pragma once

#include "absl/status/statusor.h"
#include "engine/image/image.h"
#include "engine/image/preprocess.h"

namespace lookbook {

// `image` at width × height; the aspect ratio is the caller's business.
//
// kArea takes the mean of the covered source pixels along a side that shrinks and goes bilinear
// along one that grows (first one, then the other, when the sides differ). kBilinear looks at the
// two nearest pixels a side, pixel centres aligned, whatever the scale. Values are rounded to 8
// bits after each step.
//
// The first call sets OpenCV to one thread for the whole process: parallel requests use the cores
// better than one request that waits for a pool.
//
// Internal: OpenCV refuses the sizes (an empty image, a side < 1). ResourceExhausted: out of
// memory. Thread-safe.
absl::StatusOr<Image> Resize(const Image& image, int width, int height,
                             Interpolation interpolation);

}  // namespace lookbook
