// Which pictures of a set are nearly the same, so that a split can keep them together.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "models/dataset/fashion_data.h"

namespace lookbook {

// The group of each image, named by the lowest row in it: images of one group are linked by pairs
// whose perceptual hashes differ in at most kNearBits bits. An image that cannot be read is alone.
// Decodes every image, with all cores and a progress line; prints how many groups there are.
//
// ResourceExhausted: out of memory. Cancelled: StopRequested().
absl::StatusOr<std::vector<int64_t>> GroupNearDuplicates(const std::vector<ImageRecord>& images);

}  // namespace lookbook
