// Labels that often come together: does a classifier find both, or one for the other?
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "models/evaluate/metrics.h"

namespace lookbook {

// What is predicted of the images that have both classes.
struct CoOccurrence {
  int first = 0;  // Columns; first < second.
  int second = 0;
  int64_t images = 0;       // That have both: the sum of the next four.
  int64_t both = 0;         // Both are predicted,
  int64_t first_alone = 0;  // one of the two,
  int64_t second_alone = 0;
  int64_t neither = 0;
  int64_t invented = 0;  // Images that have not both, yet both are predicted.
};

// The at most `most` pairs of classes that the most images have, the commonest first; of equal ones
// those of lower columns. Predicted: score > 0.5. scores: labels.n × labels.classes.
// REQUIRES: sizes fit, most >= 0.
std::vector<CoOccurrence> CommonestPairs(absl::Span<const float> scores, const LabelMatrix& labels,
                                         int most);

}  // namespace lookbook
