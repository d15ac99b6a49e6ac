// What a picture's raw pixels are worth as an embedding: a row that every network must beat.
#pragma once

#include <vector>

#include "engine/embed/embedder.h"
#include "engine/image/preprocess.h"

namespace lookbook {

// The whole picture squeezed to 8 × 8: the input of PixelEmbedder.
PreprocessSpec PixelSpec();

// The 192 standardised samples, scaled to unit length; a picture of the mean colour alone gives a
// fixed unit vector. Scores know nothing of the picture: they are the classes' shares in the
// training part.
class PixelEmbedder : public Embedder {
 public:
  // `prevalence`: one share in [0, 1] a class.
  explicit PixelEmbedder(std::vector<float> prevalence);

  const ModelShape& shape() const override { return shape_; }
  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override;
  int MaxBatch() const override { return 256; }
  absl::Status WarmUp() const override { return absl::OkStatus(); }

 private:
  const std::vector<float> prevalence_;
  const ModelShape shape_;
};

}  // namespace lookbook
