#include "models/dataset/augment_draw.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr double kEraseAreaMin = 0.02, kEraseAreaMax = 0.15;
constexpr double kEraseAspectMax = 3.3;
constexpr int kEraseTries = 10;

absl::Status CheckRange(absl::string_view key, double value, bool in_range,
                        absl::string_view allowed) {
  if (in_range) return absl::OkStatus();  // Never true for NaN: every comparison with it is false.
  return absl::InvalidArgumentError(
      absl::StrCat("augment.", key, " ", value, " is not in ", allowed));
}

// Each output pixel is read at  center + R · scale · flip · (pixel - middle).
void DrawMap(const AugmentRecipe& recipe, int side, Random* random, AugmentDraw* out) {
  const double scale = std::sqrt(random->Uniform(recipe.crop_scale_min, recipe.crop_scale_max));
  const double angle = random->Uniform(-1, 1) * recipe.rotate_degrees * M_PI / 180;
  out->flip = random->Chance(recipe.flip);
  const double room = side * (1 - scale) / 2;
  const double middle = (side - 1) / 2.0;
  const double center_x = middle + random->Uniform(-room, room);
  const double center_y = middle + random->Uniform(-room, room);
  const double c = scale * std::cos(angle), s = scale * std::sin(angle);
  const double fx = out->flip ? -1 : 1;
  out->map = {c * fx, -s, center_x - c * fx * middle + s * middle,
              s * fx, c,  center_y - s * fx * middle - c * middle};
}

void DrawBox(int side, Random* random, AugmentDraw* out) {
  for (int i = 0; i < kEraseTries; ++i) {
    const double area = random->Uniform(kEraseAreaMin, kEraseAreaMax) * side * side;
    const double aspect = std::exp(random->Uniform(-1, 1) * std::log(kEraseAspectMax));
    const int width = static_cast<int>(std::lround(std::sqrt(area * aspect)));
    const int height = static_cast<int>(std::lround(std::sqrt(area / aspect)));
    if (width < 1 || height < 1 || width > side || height > side) continue;
    out->box_x = static_cast<int>(random->Below(side - width + 1));
    out->box_y = static_cast<int>(random->Below(side - height + 1));
    out->box_width = width;
    out->box_height = height;
    return;
  }
}

}  // namespace

absl::Status CheckAugment(const AugmentRecipe& recipe) {
  const auto share = [](double p) { return p >= 0 && p <= 1; };
  LB_RETURN_IF_ERROR(CheckRange("flip", recipe.flip, share(recipe.flip), "[0, 1]"));
  LB_RETURN_IF_ERROR(CheckRange("erase", recipe.erase, share(recipe.erase), "[0, 1]"));
  LB_RETURN_IF_ERROR(
      CheckRange("color", recipe.color, recipe.color >= 0 && recipe.color < 1, "[0, 1)"));
  LB_RETURN_IF_ERROR(
      CheckRange("hue", recipe.hue, recipe.hue >= 0 && recipe.hue <= 0.5, "[0, 0.5]"));
  LB_RETURN_IF_ERROR(CheckRange("grayscale", recipe.grayscale, share(recipe.grayscale), "[0, 1]"));
  LB_RETURN_IF_ERROR(CheckRange("rotate_degrees", recipe.rotate_degrees,
                                recipe.rotate_degrees >= 0 && recipe.rotate_degrees <= 180,
                                "[0, 180]"));
  LB_RETURN_IF_ERROR(
      CheckRange("crop_scale[0]", recipe.crop_scale_min,
                 recipe.crop_scale_min > 0 && recipe.crop_scale_min <= recipe.crop_scale_max,
                 "(0, crop_scale[1]]"));
  LB_RETURN_IF_ERROR(
      CheckRange("crop_scale[1]", recipe.crop_scale_max, share(recipe.crop_scale_max), "(0, 1]"));
  if (recipe.backend == "image" || recipe.backend == "batch") return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("augment.backend \"", recipe.backend, "\" is neither image nor batch"));
}

bool Resamples(const AugmentRecipe& recipe) {
  return recipe.rotate_degrees > 0 || recipe.crop_scale_min < 1;
}

bool MovesPixels(const AugmentRecipe& recipe) { return recipe.flip > 0 || Resamples(recipe); }

bool ChangesColors(const AugmentRecipe& recipe) {
  return recipe.color > 0 || recipe.hue > 0 || recipe.grayscale > 0;
}

AugmentDraw DrawAugment(const AugmentRecipe& recipe, int side, Random* random) {
  AugmentDraw out;
  if (MovesPixels(recipe)) DrawMap(recipe, side, random, &out);
  if (recipe.color > 0) {
    for (double* factor : {&out.brightness, &out.contrast, &out.saturation})
      *factor = random->Uniform(1 - recipe.color, 1 + recipe.color);
  }
  if (recipe.erase > 0 && random->Chance(recipe.erase)) DrawBox(side, random, &out);
  if (recipe.hue > 0) out.hue = random->Uniform(-recipe.hue, recipe.hue);
  if (recipe.grayscale > 0) out.grayscale = random->Chance(recipe.grayscale);
  return out;
}

ColorMix MixOf(const AugmentDraw& draw) {
  return {.own = draw.brightness * draw.contrast * draw.saturation,
          .grey = draw.brightness * draw.contrast * (1 - draw.saturation),
          .mean = draw.brightness * (1 - draw.contrast)};
}

}  // namespace lookbook
