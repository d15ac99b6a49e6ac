#include "models/evaluate/co_occurrence.h"

#include <algorithm>

namespace lookbook {
namespace {

// Pairs of classes that an image has, with the number of such images.
std::vector<CoOccurrence> PairsThatOccur(const LabelMatrix& labels) {
  const int classes = labels.classes;
  std::vector<int64_t> count(static_cast<size_t>(classes) * classes, 0);
  std::vector<int> present;
  for (int64_t row = 0; row < labels.n; ++row) {
    present.clear();
    for (int j = 0; j < classes; ++j) {
      if (labels.at(row, j) != 0) present.push_back(j);
    }
    for (size_t a = 0; a < present.size(); ++a) {
      for (size_t b = a + 1; b < present.size(); ++b) ++count[present[a] * classes + present[b]];
    }
  }
  std::vector<CoOccurrence> out;
  for (int a = 0; a < classes; ++a) {
    for (int b = a + 1; b < classes; ++b) {
      const int64_t images = count[a * classes + b];
      if (images > 0) out.push_back({.first = a, .second = b, .images = images});
    }
  }
  return out;
}

void CountPredictions(absl::Span<const float> scores, const LabelMatrix& labels,
                      CoOccurrence* pair) {
  for (int64_t row = 0; row < labels.n; ++row) {
    const float* score = scores.data() + row * labels.classes;
    const bool first = score[pair->first] > kDefaultThreshold;
    const bool second = score[pair->second] > kDefaultThreshold;
    if (labels.at(row, pair->first) == 0 || labels.at(row, pair->second) == 0) {
      pair->invented += first && second;
      continue;
    }
    pair->both += first && second;
    pair->first_alone += first && !second;
    pair->second_alone += !first && second;
    pair->neither += !first && !second;
  }
}

}  // namespace

std::vector<CoOccurrence> CommonestPairs(absl::Span<const float> scores, const LabelMatrix& labels,
                                         int most) {
  std::vector<CoOccurrence> pairs = PairsThatOccur(labels);
  std::stable_sort(pairs.begin(), pairs.end(), [](const CoOccurrence& a, const CoOccurrence& b) {
    return a.images > b.images;
  });
  pairs.resize(std::min(pairs.size(), static_cast<size_t>(most)));
  for (CoOccurrence& pair : pairs) CountPredictions(scores, labels, &pair);
  return pairs;
}

}  // namespace lookbook
