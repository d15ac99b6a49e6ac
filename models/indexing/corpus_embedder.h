// Many image files -> embeddings and scores, through the very code that serves them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/embed/embedder.h"
#include "engine/image/preprocess.h"
#include "models/dataset/fashion_data.h"

namespace lookbook {

struct CorpusOptions {
  int threads =
      1;  // Each decodes, preprocesses and embeds. The embedder should use one numeric thread.
  int batch = 16;  // Images of one Embed call; at most the embedder's MaxBatch() are used.
  bool thumbnails = false;
  std::function<void(int64_t done, int64_t total)> progress;  // From the calling thread.
};

// The images that could be read, in the order given.
struct EmbeddedCorpus {
  std::vector<int64_t> images;          // Index into the images given.
  std::vector<float> vectors;           // float32[n, dim]
  std::vector<float> scores;            // float32[n, classes]
  std::vector<float> attribute_scores;  // float32[n, attributes]
  std::vector<std::string> thumbnails;  // JPEG files, longest side 128; empty unless asked for.
  std::vector<std::string> unreadable;  // "ID: why" of the others.
};

// InvalidArgument: no image, an option is out of range, or no image at all can be read (with the
// first reason). Cancelled: StopRequested(). ResourceExhausted: memory or file descriptors ran out
// while an image was read, which is not the image's fault. Errors of Embed() come back as they are.
absl::StatusOr<EmbeddedCorpus> EmbedImages(absl::Span<const ImageRecord> images,
                                           const PreprocessSpec& spec, const Embedder& embedder,
                                           const CorpusOptions& options);

}  // namespace lookbook
