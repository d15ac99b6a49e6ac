#include "models/dataset/view_maker.h"

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "models/dataset/augment.h"
#include "models/dataset/batch_augment.h"

namespace lookbook {
namespace {

class ImageViews : public ViewMaker {
 public:
  ImageViews(const ImageCache& cache, const PreprocessSpec& spec, const AugmentRecipe& recipe)
      : cache_(cache), spec_(spec), augmenter_(recipe, spec.size, MeanColor(spec)) {}

  absl::StatusOr<torch::Tensor> Make(absl::Span<const int64_t> rows,
                                     absl::Span<const uint64_t> seeds) const override {
    const auto count = static_cast<int64_t>(rows.size());
    torch::Tensor images = torch::empty({count, 3, spec_.size, spec_.size}, torch::kFloat32);
    float* pixels = images.data_ptr<float>();
    Image scratch;
    for (int64_t i = 0; i < count; ++i) {
      Random random(seeds[i]);
      LB_RETURN_IF_ERROR(augmenter_.Apply(cache_.pixels(rows[i]), &random, &scratch));
      Normalize(scratch, spec_,
                absl::MakeSpan(pixels + i * spec_.TensorSize(), spec_.TensorSize()));
    }
    return images;
  }

 private:
  const ImageCache& cache_;
  const PreprocessSpec spec_;
  const Augmenter augmenter_;
};

class BatchViews : public ViewMaker {
 public:
  BatchViews(std::shared_ptr<const DevicePixels> pixels, const PreprocessSpec& spec,
             const AugmentRecipe& recipe, torch::Device device)
      : pixels_(std::move(pixels)),
        side_(spec.size),
        recipe_(recipe),
        augmenter_(recipe, spec, device) {}

  absl::StatusOr<torch::Tensor> Make(absl::Span<const int64_t> rows,
                                     absl::Span<const uint64_t> seeds) const override {
    std::vector<AugmentDraw> draws;
    draws.reserve(seeds.size());
    for (const uint64_t seed : seeds) {
      Random random(seed);
      draws.push_back(DrawAugment(recipe_, side_, &random));
    }
    return augmenter_.Apply(pixels_->Gather(rows), draws);
  }

 private:
  const std::shared_ptr<const DevicePixels> pixels_;
  const int side_;
  const AugmentRecipe recipe_;
  const BatchAugmenter augmenter_;
};

}  // namespace

std::unique_ptr<ViewMaker> MakeImageViews(const ImageCache& cache, const PreprocessSpec& spec,
                                          const AugmentRecipe& recipe) {
  return std::make_unique<ImageViews>(cache, spec, recipe);
}

std::unique_ptr<ViewMaker> MakeBatchViews(std::shared_ptr<const DevicePixels> pixels,
                                          const PreprocessSpec& spec, const AugmentRecipe& recipe,
                                          torch::Device device) {
  return std::make_unique<BatchViews>(std::move(pixels), spec, recipe, device);
}

}  // namespace lookbook
