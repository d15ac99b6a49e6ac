// How often labels come, and which come together.
#pragma once

#include <cstdint>
#include <vector>

#include "models/dataset/fashion_data.h"

namespace lookbook {

struct LabelDistribution {
  std::vector<int64_t> classes_per_image;     // [k] = images with k classes.
  std::vector<int64_t> attributes_per_image;  // The same, over images whose attributes are known.
  std::vector<int64_t> class_images;          // Per class column: images that have it.
  std::vector<int64_t> class_rows;            // Per class column: segments.
  std::vector<int64_t> attribute_images;      // Per attribute column.
  std::vector<int64_t> class_class;  // C × C: images that have both; the diagonal is class_images.
  std::vector<int64_t> class_attribute;  // C × A: the same.
  int64_t images = 0;
  int64_t attributes_known = 0;  // Images.

  double mean_classes() const;
  double mean_attributes() const;  // Of images whose attributes are known.
};

// REQUIRES: columns are within data.labels.
LabelDistribution DescribeLabels(const FashionData& data);

}  // namespace lookbook
