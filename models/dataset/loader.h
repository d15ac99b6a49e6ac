// Batches of augmented images, prepared ahead by threads, the same for the same seed.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/image/preprocess.h"
#include "models/dataset/device_pixels.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/image_cache.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// All tensors on options.device.
struct Batch {
  torch::Tensor images;       // float32[B, 3, S, S], normalised
  torch::Tensor second_view;  // The same images augmented anew; undefined with one view
  // float32[ceil(B / 2), 3, S, S]: the first half of the images, neither cropped nor erased nor
  // tilted; undefined unless asked for.
  torch::Tensor uncropped;
  torch::Tensor features;           // float32[B, D] in place of both, where options.features is set
  torch::Tensor targets;            // float32[B, C], multi-hot
  torch::Tensor attribute_targets;  // float32[B, A]
  torch::Tensor attribute_mask;     // float32[B, 1]: 1 where the image's attributes are known
  std::vector<int64_t> rows;        // Indices into FashionData::images
};

struct LoaderOptions {
  int batch_size = 32;
  bool shuffle = true;
  bool drop_last = true;  // Leave out an incomplete last batch.
  AugmentRecipe augment;  // As it is by default: none, for evaluation.
  int64_t seed = 7;
  int workers = 2;
  int prefetch = 4;        // Batches ready at most.
  int views = 1;           // 2: Batch::second_view.
  bool uncropped = false;  // Batch::uncropped.
  // float32[data.images, D]: what is known of each image already. Batches then have rows of it and
  // no images.
  torch::Tensor features;
  // Where batches are wanted. To a GPU they are copied, or with augment.backend = "batch" made
  // there, by the workers: the caller only queues work behind theirs.
  torch::Device device = torch::kCPU;
  // With augment.backend = "batch": the cache's bytes for `device`. Null: batch by batch from the
  // cache.
  std::shared_ptr<const DevicePixels> pixels;
  // Of an epoch, batch after batch, in place of the (shuffled) rows. Its rows must be among those
  // given to Create, and as many as batches_per_epoch() takes. Called by StartEpoch().
  std::function<std::vector<int64_t>(int64_t epoch)> order;
};

// Not thread-safe; its workers are its own. Pixels depend on (seed, epoch, row) alone, not on
// thread timing; both back ends of augmentation do the same to an image (augment_draw.h).
class Loader {
 public:
  // `data`, `cache` must outlive the loader. cache row i belongs to data.images[i].
  // InvalidArgument: an option or a row is out of range, cache, spec and data do not fit each
  // other, or there would be no batch at all (no rows, or fewer than batch_size with drop_last).
  static absl::StatusOr<std::unique_ptr<Loader>> Create(const FashionData& data,
                                                        const ImageCache& cache,
                                                        const PreprocessSpec& spec,
                                                        std::vector<int64_t> rows,
                                                        LoaderOptions options);
  ~Loader();

  // Starts epoch `epoch` at batch `first_batch` (for a resumed run: the batches are those that an
  // unbroken run would give from there on). Ends the one under way. REQUIRES: first_batch >= 0.
  void StartEpoch(int64_t epoch, int64_t first_batch = 0);
  // The next batch of the epoch; nullopt at its end, and when status() is not OK.
  std::optional<Batch> Next();
  // Why no batch comes any more: Internal or ResourceExhausted (memory). OK at the normal end of an
  // epoch.
  absl::Status status() const;
  int64_t batches_per_epoch() const;

 private:
  struct Impl;
  explicit Loader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
