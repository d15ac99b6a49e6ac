// The second setting of retrieval: queries that were never seen, against the catalogue that is
// served.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "models/dataset/fashion_data.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/retrieval.h"

namespace lookbook {

// Labelled vectors that queries are compared with.
struct Gallery {
  std::vector<std::string> ids;  // n, distinct
  std::vector<float> vectors;    // float32[n, dim], unit rows
  LabelMatrix labels;            // n rows, of the queries' classes
};

struct GalleryEvaluation {
  int64_t items = 0;
  int64_t own_items = 0;  // Queries that are items themselves; each is left out of its own gallery.
  RetrievalMetrics retrieval;
  // Majority of the five nearest. None where an image, of either side, has not exactly one class.
  std::optional<double> knn_accuracy;
};

// The item that each image is itself, by id; -1 = none.
std::vector<int64_t> OwnRows(absl::Span<const ImageRecord> images, const Gallery& gallery);

// `own_rows`: as OwnRows gives. InvalidArgument: sizes that do not fit, or a query without any item
// to find.
absl::StatusOr<GalleryEvaluation> EvaluateGallery(const LabelledRows& queries,
                                                  absl::Span<const int64_t> own_rows,
                                                  const Gallery& gallery, int dim);

}  // namespace lookbook
