// Do pictures that belong together lie closer than any two?
#pragma once

#include <cstdint>

#include "absl/types/span.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/retrieval.h"

namespace lookbook {

// Wang & Isola 2020, arXiv 2005.10242, with alpha = 2, over the labels' pairs instead of two views
// of one picture. A useful embedding has a ratio of at most 0.6; at 1 labels decide nothing, and in
// a collapsed one both means are 0.
struct Alignment {
  int64_t positive_pairs = 0;  // Pairs i < j that are relevant to each other.
  double positive = 0;         // Mean of |z_i - z_j|^2 over those; 0 when there are none.
  double all = 0;              // The same over all pairs i < j.
  double ratio = 1;            // positive / all; 1 when `all` is 0 or there is no positive pair.
};

// `vectors`: row-major unit rows of `dim` values; row i has the labels of row i. Of more than
// `max_rows` rows, that many are taken at even distances. Fewer than two rows give no pair.
// REQUIRES: vectors.size() == labels.n * dim.
Alignment MeasureAlignment(absl::Span<const float> vectors, int dim, const LabelMatrix& labels,
                           Relevance relevance, int64_t max_rows = 2048);

}  // namespace lookbook
