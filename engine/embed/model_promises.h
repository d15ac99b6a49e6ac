// What an opened model must do, whatever runs it.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/embed/embedder.h"

namespace lookbook {

// Values of one input image.
inline int64_t ImageValues(const ModelShape& shape) {
  return int64_t{3} * shape.image_size * shape.image_size;
}

// InvalidArgument: a size that cannot be, or buckets that do not ascend from 1 or more.
absl::Status CheckModelShape(const ModelShape& shape, const std::vector<int>& buckets);

// Noise like that of `n` normalised images; the same on every call.
std::vector<float> ProbeImages(const ModelShape& shape, int n);

// Runs the model on such images at its two smallest buckets: one batch size alone does not show
// that a traced graph has it built in. InvalidArgument names what is not as Embeddings promises: a
// shape, a value that is not finite, the length of an embedding, a score outside [0, 1].
absl::Status ProbeModel(const Embedder& embedder, const std::vector<int>& buckets);

}  // namespace lookbook
