// What the labels of a set alone decide: how many an image has, and how alike two images are by
// chance.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "models/dataset/fashion_data.h"

namespace lookbook {

struct LabelStatistics {
  int64_t images = 0;
  double classes_per_image = 0;
  double attributes_known = 0;       // Share of the images.
  std::vector<int64_t> images_with;  // Per class column.
  // Over pairs of different images; of at most `max_images` images, spread evenly over the set.
  double share_none = 0;     // P(no shared class)
  double share_above_2 = 0;  // P(more than 2 shared classes)
  double share_above_3 = 0;
  double mean_jaccard = 0;  // Shared classes over classes of either; 0 where both have none.
};

LabelStatistics MeasureLabels(absl::Span<const ImageRecord> images, int class_count,
                              int64_t max_images = 4000);

}  // namespace lookbook
