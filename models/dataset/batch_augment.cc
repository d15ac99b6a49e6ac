#include "models/dataset/batch_augment.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/dataset/device_copy.h"

namespace lookbook {
namespace {

// Columns of the numbers that an image's draw becomes: one copy to the device a batch.
enum Column {
  kMap = 0,
  kFlip = 6,
  kOwn,
  kGrey,
  kMean,
  kTurn,  // Of the hue, in sixths of the circle.
  kGrayscale,
  kLeft,
  kRight,
  kTop,
  kBottom,
  kColumns
};

// The map between pixels as one between grid_sample's coordinates, in which the outermost pixels'
// centres are at -1 and 1.
void PackMap(const AugmentDraw& draw, int side, float* out) {
  const double half = std::max(side - 1, 1) / 2.0;
  for (int axis = 0; axis < 2; ++axis) {
    const double* row = draw.map.data() + 3 * axis;
    out[3 * axis] = static_cast<float>(row[0]);
    out[3 * axis + 1] = static_cast<float>(row[1]);
    out[3 * axis + 2] = static_cast<float>(row[0] + row[1] + row[2] / half - 1);
  }
}

torch::Tensor Pack(absl::Span<const AugmentDraw> draws, int side) {
  torch::Tensor out = torch::empty({static_cast<int64_t>(draws.size()), kColumns});
  float* row = out.data_ptr<float>();
  for (const AugmentDraw& draw : draws) {
    PackMap(draw, side, row + kMap);
    const ColorMix mix = MixOf(draw);
    row[kFlip] = draw.flip ? 1 : 0;
    row[kOwn] = static_cast<float>(mix.own);
    row[kGrey] = static_cast<float>(mix.grey);
    row[kMean] = static_cast<float>(mix.mean);
    row[kTurn] = static_cast<float>(6 * draw.hue);
    row[kGrayscale] = draw.grayscale ? 1 : 0;
    row[kLeft] = static_cast<float>(draw.box_x);
    row[kRight] = static_cast<float>(draw.box_x + draw.box_width);
    row[kTop] = static_cast<float>(draw.box_y);
    row[kBottom] = static_cast<float>(draw.box_y + draw.box_height);
    row += kColumns;
  }
  return out;
}

// [B, 1, 1, 1]
torch::Tensor Number(const torch::Tensor& numbers, int64_t column) {
  return numbers.select(1, column).view({-1, 1, 1, 1});
}

// affine_grid and grid_sample; the grid is made here, because affine_grid's matrix product is
// rounded to 10 bits where TF32 is allowed. `places`: the coordinates of columns, and of rows.
torch::Tensor Warped(const torch::Tensor& images, const torch::Tensor& numbers,
                     const torch::Tensor& places) {
  const torch::Tensor x = places.view({1, 1, -1}), y = places.view({1, -1, 1});
  std::vector<torch::Tensor> grid;
  for (const int64_t row : {int64_t{kMap}, int64_t{kMap + 3}}) {
    const auto factor = [&](int64_t i) { return numbers.select(1, row + i).view({-1, 1, 1}); };
    grid.push_back(x * factor(0) + (y * factor(1) + factor(2)));
  }
  constexpr int64_t kBilinear = 0, kReflection = 2;
  return at::grid_sampler(images, torch::stack(grid, -1), kBilinear, kReflection,
                          /*align_corners=*/true);
}

// [B, 1, S, S]
torch::Tensor GreyOf(const torch::Tensor& images, const torch::Tensor& luma) {
  return (images * luma).sum(1, /*keepdim=*/true);
}

// In place.
void Jitter(const torch::Tensor& luma, const torch::Tensor& numbers, torch::Tensor& images) {
  const torch::Tensor grey = GreyOf(images, luma);
  const torch::Tensor mean = grey.mean({2, 3}, /*keepdim=*/true);
  images.mul_(Number(numbers, kOwn))
      .add_(grey.mul(Number(numbers, kGrey)).add_(mean.mul(Number(numbers, kMean))))
      .clamp_(0, 255);
}

// HSV's hue in sixths of the circle, red at 0, from -1 to 5; anything where there is no colour.
torch::Tensor HueOf(const torch::Tensor& images, const torch::Tensor& high,
                    const torch::Tensor& chroma) {
  const torch::Tensor red = images.narrow(1, 0, 1), green = images.narrow(1, 1, 1),
                      blue = images.narrow(1, 2, 1), divisor = chroma.clamp_min(1e-9);
  return torch::where(
      high == red, (green - blue) / divisor,
      torch::where(high == green, (blue - red) / divisor + 2, (red - green) / divisor + 4));
}

// Of a hue h in sixths, a channel is high - chroma · min(k, 4 - k), the minimum cut to 0 … 1. k is
// h counted from where that channel begins to fall: h + 5, h + 3 and h + 1, modulo 6.
torch::Tensor HueTurned(const torch::Tensor& images, const torch::Tensor& numbers,
                        const torch::Tensor& sextants) {
  const torch::Tensor high = images.amax(1, /*keepdim=*/true);
  const torch::Tensor chroma = high - images.amin(1, /*keepdim=*/true);
  const torch::Tensor hue = HueOf(images, high, chroma) + Number(numbers, kTurn);
  const torch::Tensor k = (hue + sextants).remainder_(6);
  return high - torch::minimum(k, 4 - k).clamp_(0, 1).mul_(chroma);
}

template <typename T>
torch::Tensor PerChannel(const std::array<T, 3>& values, torch::Device device) {
  std::vector<float> out(values.begin(), values.end());
  return torch::tensor(out).view({1, 3, 1, 1}).to(device);
}

}  // namespace

std::array<uint8_t, 3> MeanColor(const PreprocessSpec& spec) {
  std::array<uint8_t, 3> color;
  for (int c = 0; c < 3; ++c) {
    color[c] = static_cast<uint8_t>(std::lround(255 * std::clamp(spec.mean[c], 0.0f, 1.0f)));
  }
  return color;
}

BatchAugmenter::BatchAugmenter(const AugmentRecipe& recipe, const PreprocessSpec& spec,
                               torch::Device device)
    : recipe_(recipe),
      side_(spec.size),
      device_(device),
      mean_(PerChannel(spec.mean, device)),
      deviation_(PerChannel(spec.std, device)),
      fill_(PerChannel(MeanColor(spec), device)),
      luma_(PerChannel(kLuma, device)),
      sextants_(PerChannel(std::array<int, 3>{5, 3, 1}, device)),
      places_(torch::arange(spec.size, torch::kFloat32).to(device)),
      coordinates_(2 * places_ / std::max(spec.size - 1, 1) - 1) {}

torch::Tensor BatchAugmenter::Apply(const torch::Tensor& pixels,
                                    absl::Span<const AugmentDraw> draws) const {
  const torch::NoGradGuard no_grad;
  const auto count = static_cast<int64_t>(draws.size());
  TORCH_CHECK(pixels.scalar_type() == torch::kUInt8 &&
                  pixels.sizes() == at::IntArrayRef({count, side_, side_, 3}),
              "batch augmentation: pixels ", pixels.scalar_type(), pixels.sizes(), " for ", count,
              " draws of side ", side_);
  torch::Tensor images = pixels.permute({0, 3, 1, 2}).to(torch::kFloat32);
  if (MovesPixels(recipe_) || ChangesColors(recipe_) || recipe_.erase > 0)
    images = Change(std::move(images), CopyTo(Pack(draws, side_), device_));
  // In the order of Normalize(): the same floats.
  return images.div_(255).sub_(mean_).div_(deviation_);
}

torch::Tensor BatchAugmenter::Change(torch::Tensor images, const torch::Tensor& numbers) const {
  if (Resamples(recipe_)) {
    images = Warped(images, numbers, coordinates_);
  } else if (recipe_.flip > 0) {
    images = torch::where(Number(numbers, kFlip) > 0, images.flip({3}), images);
  }
  if (recipe_.color > 0) Jitter(luma_, numbers, images);
  if (recipe_.hue > 0) images = HueTurned(images, numbers, sextants_);
  if (recipe_.grayscale > 0)
    images = torch::where(Number(numbers, kGrayscale) > 0, GreyOf(images, luma_), images);
  return recipe_.erase > 0 ? Erased(images, numbers) : images;
}

torch::Tensor BatchAugmenter::Erased(const torch::Tensor& images,
                                     const torch::Tensor& numbers) const {
  const torch::Tensor x = places_.view({1, 1, 1, -1}), y = places_.view({1, 1, -1, 1});
  const torch::Tensor box = (x >= Number(numbers, kLeft)) & (x < Number(numbers, kRight)) &
                            (y >= Number(numbers, kTop)) & (y < Number(numbers, kBottom));
  return torch::where(box, fill_, images);
}

}  // namespace lookbook
