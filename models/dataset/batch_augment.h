// Random changes to a batch of training images by tensor operations, on whichever device it lies.
#pragma once

#include <torch/types.h>

#include "absl/types/span.h"
#include "engine/image/preprocess.h"
#include "models/dataset/augment_draw.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// Does to each image what augment_draw.h says, then normalises it. Against Augmenter: pixels are
// not rounded to 8 bits in between, and sampling is at the exact place, where OpenCV's is at a
// 32nd of a pixel; mirroring alone, and no change at all, are exact.
//
// Immutable. Thread-safe. An image's pixels do not depend on the others of its batch, bit for bit
// on the CPU, up to rounding in sums on a GPU.
class BatchAugmenter {
 public:
  // REQUIRES: CheckAugment(recipe) is OK, spec.size > 0.
  BatchAugmenter(const AugmentRecipe& recipe, const PreprocessSpec& spec, torch::Device device);

  // uint8[B, S, S, 3] on the device -> float32[B, 3, S, S] there; image i by draws[i]. Throws
  // c10::Error: another shape, type or device, another number of draws, or out of memory.
  torch::Tensor Apply(const torch::Tensor& pixels, absl::Span<const AugmentDraw> draws) const;

 private:
  torch::Tensor Change(torch::Tensor images, const torch::Tensor& numbers) const;
  torch::Tensor Erased(const torch::Tensor& images, const torch::Tensor& numbers) const;

  const AugmentRecipe recipe_;
  const int side_;
  const torch::Device device_;
  // [1, 3, 1, 1], on the device. Fill: the mean colour in whole steps of 255.
  const torch::Tensor mean_, deviation_, fill_, luma_, sextants_;
  const torch::Tensor places_;       // 0 … S-1, on the device.
  const torch::Tensor coordinates_;  // The same as -1 … 1.
};

// The mean colour as bytes: what erased boxes become.
std::array<uint8_t, 3> MeanColor(const PreprocessSpec& spec);

}  // namespace lookbook
