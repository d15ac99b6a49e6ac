// Both back ends of augmentation side by side, on small pictures.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "models/dataset/augment.h"
#include "models/dataset/batch_augment.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

inline constexpr int kSide = 48;
inline constexpr int kImages = 6;

// Mean 0 and deviation 1, so that what comes out is a share of 255.
inline PreprocessSpec PlainSpec() {
  PreprocessSpec spec;
  spec.size = kSide;
  spec.mean = {0, 0, 0};
  spec.std = {1, 1, 1};
  return spec;
}

// Smooth pictures: neighbouring pixels differ by at most 20 or so.
inline torch::Tensor Pictures(int count = kImages) {
  torch::Tensor out = torch::empty({count, kSide, kSide, 3}, torch::kUInt8);
  uint8_t* pixel = out.data_ptr<uint8_t>();
  for (int i = 0; i < count; ++i) {
    for (int p = 0; p < kSide * kSide; ++p) {
      for (int c = 0; c < 3; ++c) {
        *pixel++ = static_cast<uint8_t>(std::lround(
            127 + 100 * std::sin(0.2 * (p % kSide) + c + i) * std::cos(0.15 * (p / kSide) - i)));
      }
    }
  }
  return out;
}

inline std::vector<AugmentDraw> Draws(const AugmentRecipe& recipe, int count = kImages,
                                      uint64_t seed = 1) {
  std::vector<AugmentDraw> out;
  for (int i = 0; i < count; ++i) {
    Random random(MixSeed({seed, static_cast<uint64_t>(i)}));
    out.push_back(DrawAugment(recipe, kSide, &random));
  }
  return out;
}

// As 8-bit steps, float[B, 3, S, S].
inline torch::Tensor ByBatch(const AugmentRecipe& recipe, const torch::Tensor& pictures,
                             const std::vector<AugmentDraw>& draws) {
  return BatchAugmenter(recipe, PlainSpec(), torch::kCPU).Apply(pictures, draws) * 255;
}

inline torch::Tensor ByImage(const AugmentRecipe& recipe, const torch::Tensor& pictures,
                             const std::vector<AugmentDraw>& draws) {
  const Augmenter augmenter(recipe, kSide, MeanColor(PlainSpec()));
  torch::Tensor out = torch::empty({pictures.size(0), 3, kSide, kSide});
  for (int64_t i = 0; i < pictures.size(0); ++i) {
    Image image;
    EXPECT_THAT(
        augmenter.Apply({pictures[i].data_ptr<uint8_t>(), kSide * kSide * 3}, draws[i], &image),
        IsOk());
    out[i] = torch::from_blob(image.rgb.data(), {kSide, kSide, 3}, torch::kUInt8)
                 .permute({2, 0, 1})
                 .to(torch::kFloat32);
  }
  return out;
}

inline double LargestGap(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

inline torch::Tensor Planes(const torch::Tensor& pictures) {
  return pictures.permute({0, 3, 1, 2}).to(torch::kFloat32);
}

}  // namespace lookbook
