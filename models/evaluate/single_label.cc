#include "models/evaluate/single_label.h"

#include <algorithm>

namespace lookbook {
namespace {

double Share(int64_t right, size_t all) {
  return static_cast<double>(right) / static_cast<double>(all);
}

// `nearest`: classes, nearest item first.
int Vote(absl::Span<const int> nearest) {
  int winner = nearest.front();
  int64_t most = 0;
  for (const int candidate : nearest) {
    const int64_t votes = std::count(nearest.begin(), nearest.end(), candidate);
    if (votes <= most) continue;  // As many: the one seen before is nearer.
    most = votes;
    winner = candidate;
  }
  return winner;
}

}  // namespace

std::optional<std::vector<int>> SingleClasses(const LabelMatrix& labels) {
  if (labels.n == 0) return std::nullopt;
  std::vector<int> out;
  out.reserve(labels.n);
  for (int64_t row = 0; row < labels.n; ++row) {
    const auto begin = labels.values.begin() + static_cast<ptrdiff_t>(row * labels.classes);
    const auto end = begin + labels.classes;
    if (std::count(begin, end, 1) != 1) return std::nullopt;
    out.push_back(static_cast<int>(std::find(begin, end, 1) - begin));
  }
  return out;
}

double Top1Accuracy(absl::Span<const float> scores, int classes, absl::Span<const int> truth) {
  int64_t right = 0;
  for (size_t row = 0; row < truth.size(); ++row) {
    const absl::Span<const float> of_row = scores.subspan(row * classes, classes);
    const auto best = std::max_element(of_row.begin(), of_row.end());
    right += best - of_row.begin() == truth[row];
  }
  return Share(right, truth.size());
}

double KnnAccuracy(absl::Span<const int64_t> top, int k, absl::Span<const int> truth,
                   absl::Span<const int> gallery) {
  int64_t right = 0;
  std::vector<int> nearest(std::min(k, kVoters));
  for (size_t query = 0; query < truth.size(); ++query) {
    for (size_t i = 0; i < nearest.size(); ++i) nearest[i] = gallery[top[query * k + i]];
    right += Vote(nearest) == truth[query];
  }
  return Share(right, truth.size());
}

}  // namespace lookbook
