// The self-test of a loaded bundle: this machine and this build say of the golden images what the
// trainer said.
#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/bundle/bundle.h"
#include "engine/bundle/golden.h"
#include "engine/device/device_backend.h"

namespace lookbook {

// How far arithmetic in another order, on another device, may lead away from the trainer's values.
// The defaults are those of float32.
struct GoldenTolerance {
  double min_cosine = 0.9999;  // Of the embedding to the stored one.
  double max_score_error = 1e-3;
  // Two items count as tied when their similarities to the stored embedding differ by less. Float32
  // noise moves a similarity by at most the length of the embeddings' difference, 1e-6 to 1e-5 in
  // practice.
  double tie_gap = 1e-4;
  // Of the stored similarity to that of the index: this part involves no model.
  double max_similarity_error = 1e-4;
};

// The default for float32. With 16 bits below the pooled features, cosine 0.999 and scores within
// 1e-2: the embeddings may then be 0.045 apart, and so may the similarities to any item.
GoldenTolerance ToleranceOf(Precision precision);

// Embeds every case's image file as the server does and searches the index with the result, all of
// it also where the index is approximate; that one must find as many neighbours by itself.
// DataLoss "golden": the embedding, a score or the neighbours differ by more than `tolerance`
// allows, an image cannot be decoded, or the index does not hold what the case says; the message
// names image, quantity, value and bound. ResourceExhausted "memory": out of memory.
absl::Status GoldenCheck(const Bundle& bundle, absl::Span<const GoldenCase> cases,
                         const GoldenTolerance& tolerance = {});

}  // namespace lookbook
