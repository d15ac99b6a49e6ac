// Random changes to one training image on the CPU, by OpenCV.
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/image/image.h"
#include "models/dataset/augment_draw.h"
#include "models/dataset/random.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// Does to an image what augment_draw.h says; pixels are rounded to 8 bits after each step.
// Immutable. Thread-safe.
class Augmenter {
 public:
  // REQUIRES: CheckAugment(recipe) is OK, side > 0.
  Augmenter(const AugmentRecipe& recipe, int side, std::array<uint8_t, 3> fill);

  // `in`: side × side × 3 bytes. `*out` becomes side × side; its memory is reused. All chance comes
  // from `random`. REQUIRES: in.size() == side × side × 3. Internal: OpenCV fails.
  // ResourceExhausted: out of memory.
  absl::Status Apply(absl::Span<const uint8_t> in, Random* random, Image* out) const;
  // The same with what was drawn for the recipe before.
  absl::Status Apply(absl::Span<const uint8_t> in, const AugmentDraw& draw, Image* out) const;

 private:
  void Warp(absl::Span<const uint8_t> in, const AugmentDraw& draw, Image* out) const;
  void Jitter(const AugmentDraw& draw, Image* out) const;
  void TurnHue(const AugmentDraw& draw, Image* out) const;
  void MakeGrey(Image* out) const;
  void Erase(const AugmentDraw& draw, Image* out) const;

  const AugmentRecipe recipe_;
  const int side_;
  const std::array<uint8_t, 3> fill_;
};

}  // namespace lookbook
