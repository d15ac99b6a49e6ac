// What sizes the pictures of a set have, and which stand out.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "models/explore/image_survey.h"

namespace lookbook {

struct Quantiles {
  double min = 0, p5 = 0, p25 = 0, median = 0, p75 = 0, p95 = 0, max = 0;
  double mean = 0;
};

// By linear interpolation between the sorted values (numpy's default). All 0 for no values.
Quantiles QuantilesOf(std::vector<double> values);

struct ImageSizes {
  int64_t images = 0;  // Readable ones: all else is of these.
  Quantiles width, height, pixels, bytes;
  Quantiles aspect;              // Width over height.
  int64_t distinct = 0;          // Sizes.
  int64_t commonest_images = 0;  // Images of the commonest size.
  int commonest_width = 0;
  int commonest_height = 0;
  // Rows of the survey. Smallest and largest by pixels, then by row; at most as many as asked for.
  std::vector<int64_t> smallest, largest;
  // Beyond Tukey's outer fences (3 interquartile ranges beyond the quartiles) of the logarithm of
  // the pixels or of the aspect ratio; most extreme first.
  std::vector<int64_t> pixel_outliers, aspect_outliers;
};

ImageSizes DescribeSizes(absl::Span<const SurveyedImage> images, int shown);

}  // namespace lookbook
