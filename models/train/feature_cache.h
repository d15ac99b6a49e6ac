// Pooled features of a backbone that does not move: computed once, kept on disk.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/nn/embedder_net.h"
#include "models/train/trainer.h"

namespace lookbook {

struct FeatureSet {
  torch::Tensor features;   // float32[data.images, feature_dim]; zeros for rows not asked for.
  torch::Tensor mean;       // float32[feature_dim], over the training rows.
  torch::Tensor deviation;  // Of them; 1 where a feature does not vary.
};

// The features of split.train and split.validation in eval mode, without augmentation, computed on
// the device of `net`; the results are on the CPU. `path` is
// read where it holds those of this very backbone, these labels and pictures (PixelsKey) and this
// split, and written otherwise. Errors: of decoding the loader's batches, Internal (torch refused),
// or of writing the file.
absl::StatusOr<FeatureSet> CachedFeatures(const std::string& path, EmbedderNet net,
                                          const TrainingSet& set, int workers);

}  // namespace lookbook
