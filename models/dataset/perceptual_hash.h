// How alike two pictures look, whatever their size and compression.
#pragma once

#include <bit>
#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/image/image.h"

namespace lookbook {

// The DCT hash of Zauner (2010), "Implementation and Benchmarking of Perceptual Image Hash
// Functions": luma at 32 × 32, its discrete cosine transform, and of the 8 × 8 coefficients at
// frequencies 1 to 8 both ways one bit each: above their median. A picture without any detail has
// hash 0. docs/adr/0002-perceptual-hash.md says why it is not OpenCV's.
//
// InvalidArgument: the image is empty. Internal: OpenCV fails. Thread-safe.
absl::StatusOr<uint64_t> PerceptualHash(const Image& image);

// Bits that differ, 0 to 64. Up to 4: nearly the same picture.
inline int HashDistance(uint64_t a, uint64_t b) { return std::popcount(a ^ b); }

}  // namespace lookbook
