// Accuracy, for sets in which every image has exactly one class.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "models/evaluate/metrics.h"

namespace lookbook {

inline constexpr int kVoters = 5;

// The class of each row. None: there is no row, or one with no class or several.
std::optional<std::vector<int>> SingleClasses(const LabelMatrix& labels);

// The share of images whose highest score is that of their class; of equal scores the first one
// counts. scores: float32[truth.size(), classes]. REQUIRES: truth is not empty, classes >= 1.
double Top1Accuracy(absl::Span<const float> scores, int classes, absl::Span<const int> truth);

// The share of queries whose class most of their kVoters nearest items have; of classes with as
// many votes the one that has the nearer item wins. `top`: k item numbers a query, best first, of
// which the first kVoters vote. REQUIRES: truth is not empty, k >= 1, top.size() == truth.size() ×
// k.
double KnnAccuracy(absl::Span<const int64_t> top, int k, absl::Span<const int> truth,
                   absl::Span<const int> gallery);

}  // namespace lookbook
