// A batch's images, augmented and normalised: one interface over the two back ends.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/image/preprocess.h"
#include "models/dataset/device_pixels.h"
#include "models/dataset/image_cache.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// Immutable. Thread-safe.
class ViewMaker {
 public:
  virtual ~ViewMaker() = default;

  // float32[rows, 3, S, S] of pictures `rows`, the one of rows[i] changed by what seeds[i] draws:
  // every back end draws the same. Internal, ResourceExhausted: OpenCV failed. Throws what torch
  // throws. REQUIRES: as many seeds as rows.
  virtual absl::StatusOr<torch::Tensor> Make(absl::Span<const int64_t> rows,
                                             absl::Span<const uint64_t> seeds) const = 0;
};

// augment.backend = "image": picture by picture (augment.h), on the CPU.
// `cache` must outlive it. REQUIRES: CheckAugment(recipe) is OK, the cache has spec's size.
std::unique_ptr<ViewMaker> MakeImageViews(const ImageCache& cache, const PreprocessSpec& spec,
                                          const AugmentRecipe& recipe);

// augment.backend = "batch": all at once (batch_augment.h), on `device`, which is that of `pixels`.
std::unique_ptr<ViewMaker> MakeBatchViews(std::shared_ptr<const DevicePixels> pixels,
                                          const PreprocessSpec& spec, const AugmentRecipe& recipe,
                                          torch::Device device);

}  // namespace lookbook
