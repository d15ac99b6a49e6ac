// The batch sizes that a model runs at ("buckets"): what lies between two of them is padded.
#pragma once

#include <vector>

#include "absl/types/span.h"

namespace lookbook {

// 1, 2, 4, … below `max_batch`, and `max_batch` itself: where each size costs memory, as a recorded
// CUDA graph does, and padding little. REQUIRES: max_batch >= 1.
std::vector<int> CoarseBatchSizes(int max_batch);

// Every size up to 8, then four between one power of two and the next, and `max_batch` itself:
// where each image costs time, so that padding 5 to 8 would waste a third. REQUIRES: max_batch >=
// 1.
std::vector<int> FineBatchSizes(int max_batch);

// The smallest of `sizes` that holds `n`. REQUIRES: they ascend, and the last is at least `n`.
int PaddedBatchSize(absl::Span<const int> sizes, int n);

}  // namespace lookbook
