#include "engine/index/exact_top_k.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace lookbook {

float Similarity(absl::Span<const float> a, absl::Span<const float> b) {
  // Eight sums, so that the additions do not wait for each other; the order is fixed, so the result
  // is.
  std::array<double, 8> sums = {};
  size_t i = 0;
  for (; i + sums.size() <= a.size(); i += sums.size()) {
    for (size_t lane = 0; lane < sums.size(); ++lane)
      sums[lane] += double{a[i + lane]} * b[i + lane];
  }
  double dot = 0;
  for (; i < a.size(); ++i) dot += double{a[i]} * b[i];
  for (double sum : sums) dot += sum;
  return std::clamp(static_cast<float>(dot), -1.0f, 1.0f);
}

float DotErrorBound(int dim) {
  // The classic bound n·u/(1 - n·u)·|a|·|b| with u = 2^-24; the 1.02 covers |a|·|b| <= 1.001² and
  // the divisor, the 4 the rounding of Similarity() itself and of the comparisons made with the
  // bound.
  return 1.02f * static_cast<float>(dim + 4) * 0x1p-24f;
}

ExactTopK::ExactTopK(const QueryOptions& options, std::vector<Neighbor> candidates)
    : best_(std::move(candidates)), bar_(options.min_similarity) {
  std::erase_if(best_, [&](const Neighbor& neighbor) {
    return neighbor.row == options.excluded_row || neighbor.similarity < options.min_similarity;
  });
  const size_t keep = std::min(best_.size(), static_cast<size_t>(options.top_k));
  std::partial_sort(best_.begin(), best_.begin() + static_cast<std::ptrdiff_t>(keep), best_.end(),
                    RanksBefore);
  best_.resize(keep);
  if (keep == static_cast<size_t>(options.top_k)) bar_ = std::max(bar_, best_.back().similarity);
}

bool ExactTopK::Complete(float worst_score, float error_bound) const {
  // Similarities are limited to [-1, 1], so rows beyond an end tie with the end.
  return bar_ > std::clamp(worst_score + error_bound, -1.0f, 1.0f);
}

float ExactTopK::RowsAbove(float error_bound) const {
  if (bar_ <= -1) return -std::numeric_limits<float>::max();
  return bar_ - 2 * error_bound;
}

}  // namespace lookbook
