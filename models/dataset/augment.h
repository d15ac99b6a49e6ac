// Random changes to a training image.
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/image/image.h"
#include "models/dataset/random.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// InvalidArgument: a probability outside [0, 1], crop_scale outside 0 < min <= max <= 1, color
// outside [0, 1), or rotate_degrees outside [0, 180].
absl::Status CheckAugment(const AugmentRecipe& recipe);

// In this order:
//   crop, rotation, flip   one bilinear sampling. The crop is a square of a share of the area drawn
//   from crop_scale,
//                          anywhere in the image; a rotation turns it about its middle (what it
//                          leaves the image by is mirrored at the edge).
//   color                  brightness, contrast (towards the mean grey) and saturation (towards
//   each pixel's grey), each
//                          scaled by a factor from 1 ± color.
//   erase                  a box of 2 to 15 % of the area and of aspect 0.3 to 3.3 becomes `fill`.
//   Small, because an
//                          image's labels may rest on a small garment.
// Immutable. Thread-safe.
class Augmenter {
 public:
  // REQUIRES: CheckAugment(recipe) is OK, side > 0.
  Augmenter(const AugmentRecipe& recipe, int side, std::array<uint8_t, 3> fill);

  // `in`: side × side × 3 bytes. `*out` becomes side × side; its memory is reused. All chance comes
  // from `random`. REQUIRES: in.size() == side × side × 3. Internal: OpenCV fails.
  // ResourceExhausted: out of memory.
  absl::Status Apply(absl::Span<const uint8_t> in, Random* random, Image* out) const;

 private:
  void Warp(absl::Span<const uint8_t> in, Random* random, Image* out) const;
  void Jitter(Random* random, Image* out) const;
  void Erase(Random* random, Image* out) const;

  const AugmentRecipe recipe_;
  const int side_;
  const std::array<uint8_t, 3> fill_;
  const bool warps_;
};

}  // namespace lookbook
