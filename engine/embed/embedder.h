// Input tensors -> embeddings and scores.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace lookbook {

// Results of one batch of n images, row-major.
struct Embeddings {
  int64_t n = 0;
  std::vector<float> vectors;           // float32[n, dim], unit length.
  std::vector<float> scores;            // float32[n, classes], sigmoid, in [0, 1].
  std::vector<float> attribute_scores;  // float32[n, attributes]; empty when the model has none.
};

struct ModelShape {
  int image_size = 0;  // Input is float32[n, 3, image_size, image_size].
  int dim = 0;
  int classes = 0;
  int attributes = 0;
};

// An immutable model. Thread-safe: any number of threads may call Embed() at the same time.
class Embedder {
 public:
  virtual ~Embedder() = default;
  virtual const ModelShape& shape() const = 0;

  // `images` holds n preprocessed images back to back. Any n from 1 to MaxBatch() works;
  // batches are padded to the next bucket, which does not change the results.
  //
  // InvalidArgument: images.size() is no multiple of 3·image_size², zero, or above MaxBatch()
  // images. Internal: the model failed or gave another shape than shape(). ResourceExhausted: out
  // of memory.
  virtual absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const = 0;

  // True where the model's device turns pixels into its input itself: EmbedPixels() is then the way
  // in, with a quarter of the bytes to carry.
  virtual bool TakesPixels() const { return false; }

  // The same for uint8 RGB [n, image_size, image_size, 3], as ResizeForModel() gives it, normalised
  // as the embedder was opened for. Errors are those of Embed(). REQUIRES: TakesPixels().
  virtual absl::StatusOr<Embeddings> EmbedPixels(absl::Span<const uint8_t> /*pixels*/) const {
    return absl::UnimplementedError("this model does not take pixels");
  }

  virtual int MaxBatch() const = 0;

  // How many images Embed() computes where `n` are asked for: the bucket they are padded to.
  // REQUIRES: 1 <= n <= MaxBatch().
  virtual int PaddedSize(int n) const { return n; }

  // Runs every bucket a few times: the first calls at a batch size are slow. Call before serving.
  virtual absl::Status WarmUp() const = 0;
};

}  // namespace lookbook
