// What happens to one training image, drawn at random: the same for every back end that does it.
#pragma once

#include <array>

#include "absl/status/status.h"
#include "models/dataset/random.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// InvalidArgument: a probability outside [0, 1], crop_scale outside 0 < min <= max <= 1, color
// outside [0, 1), rotate_degrees outside [0, 180], hue outside [0, 0.5], or a back end that is
// neither "image" nor "batch".
absl::Status CheckAugment(const AugmentRecipe& recipe);

// In this order:
//   crop, rotation, flip   one bilinear sampling. The crop is a square of a share of the area drawn
//   from crop_scale, anywhere in the image; a rotation turns it about its middle (what it leaves
//   the image by is mirrored at the edge, which itself is not repeated).
//   color                  brightness, contrast (towards the mean grey) and saturation (towards
//   each pixel's grey), each scaled by a factor from 1 ± color.
//   hue                    HSV's hue turns by a share of the circle from ± hue; value and
//   saturation stay. grayscale              the pixel's grey in all three channels. erase a box of
//   2 to 15 % of the area and of aspect 0.3 to 3.3 becomes the mean colour. Small, because an
//   image's labels may rest on a small garment.
struct AugmentDraw {
  // Output pixel (x, y) is read at (map[0] x + map[1] y + map[2], map[3] x + map[4] y + map[5]).
  std::array<double, 6> map = {1, 0, 0, 0, 1, 0};
  bool flip = false;  // The map mirrors.
  double brightness = 1, contrast = 1, saturation = 1;
  // Of the erased box; width 0: none.
  int box_x = 0, box_y = 0, box_width = 0, box_height = 0;
  double hue = 0;  // Of the circle, -0.5 … 0.5.
  bool grayscale = false;
};

// What the recipe may do to an image's geometry: anything; and more than to mirror it.
bool MovesPixels(const AugmentRecipe& recipe);
bool Resamples(const AugmentRecipe& recipe);
// color, hue or grayscale.
bool ChangesColors(const AugmentRecipe& recipe);

// All chance comes from `random`. What a recipe leaves out takes no number from it, and hue and
// grayscale take theirs last: beside them the other draws are the same. REQUIRES:
// CheckAugment(recipe) is OK, side > 0.
AugmentDraw DrawAugment(const AugmentRecipe& recipe, int side, Random* random);

// Rec. 601 luma.
inline constexpr std::array<double, 3> kLuma = {0.299, 0.587, 0.114};

// The three steps of `color` are linear, so they are one:
// channel -> own · channel + grey · (the pixel's grey) + mean · (the image's mean grey).
struct ColorMix {
  double own = 1, grey = 0, mean = 0;
};
ColorMix MixOf(const AugmentDraw& draw);

}  // namespace lookbook
