// How many labels two pictures of a set share, over all pairs.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "models/dataset/fashion_data.h"

namespace lookbook {

struct LabelPairs {
  int64_t images = 0;
  int64_t label_sets = 0;          // Distinct sets of classes.
  int64_t commonest_images = 0;    // Images of the commonest set.
  std::vector<int> commonest;      // Its class columns.
  std::vector<int64_t> by_shared;  // [s] = pairs that share exactly s classes.
  double mean_jaccard = 0;         // Over pairs; 0 where both have no class.

  // Images with a partner that shares more than k classes, k = 0 … 3; with one that shares none;
  // and with both a partner that shares more than 3 and one that shares none: what a triplet of the
  // study's rule needs.
  int64_t with_above[4] = {0, 0, 0, 0};
  int64_t with_none = 0;
  int64_t with_both = 0;

  int64_t pairs() const { return images * (images - 1) / 2; }
  int64_t PairsAbove(int shared) const;
  double Share(int64_t count) const;  // Of pairs(); 0 without pairs.
};

// Exact. Images of one label set count alike, so the time grows with the square of the number of
// distinct sets, not of images. REQUIRES: columns are in [0, class_count).
LabelPairs CountLabelPairs(absl::Span<const ImageRecord> images, int class_count);

}  // namespace lookbook
