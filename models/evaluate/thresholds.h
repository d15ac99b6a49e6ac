// Where a class's score begins to mean yes.
#pragma once

#include <vector>

#include "absl/types/span.h"
#include "models/evaluate/metrics.h"

namespace lookbook {

// For each class the threshold in [0, 1] whose predictions (score > threshold) have the largest F1:
// half-way between the least score that is predicted and the next below it. Of equal F1 the one
// nearest to 0.5 wins, then the higher. A class without a positive keeps 0.5.
// scores: n × classes probabilities.
std::vector<float> TuneThresholds(absl::Span<const float> scores, const LabelMatrix& labels);

}  // namespace lookbook
