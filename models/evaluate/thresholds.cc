#include "models/evaluate/thresholds.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace lookbook {
namespace {

using Ranked = std::vector<std::pair<float, uint8_t>>;

// A threshold t with below <= t < above.
float Between(float below, float above) {
  const float middle = below + (above - below) / 2;
  return middle < above ? middle : below;  // Neighbouring floats have no middle.
}

bool IsCloserToDefault(float a, float b) {
  const float da = std::abs(a - kDefaultThreshold), db = std::abs(b - kDefaultThreshold);
  return da != db ? da < db : a > b;
}

// `ranked`: scores and labels, best first.
float BestThreshold(const Ranked& ranked, int64_t positives) {
  float best = kDefaultThreshold;
  double best_f1 = -1;
  int64_t hits = 0;
  for (size_t i = 0; i < ranked.size();) {
    const float score = ranked[i].first;
    for (; i < ranked.size() && ranked[i].first == score; ++i) hits += ranked[i].second;
    if (score <= 0) break;  // No threshold is below it.
    const float threshold = Between(i < ranked.size() ? ranked[i].first : 0, score);
    const double f1 =
        2.0 * static_cast<double>(hits) / static_cast<double>(static_cast<int64_t>(i) + positives);
    if (f1 > best_f1 || (f1 == best_f1 && IsCloserToDefault(threshold, best))) {
      best = threshold;
      best_f1 = f1;
    }
  }
  return best;
}

}  // namespace

std::vector<float> TuneThresholds(absl::Span<const float> scores, const LabelMatrix& labels) {
  std::vector<float> out(labels.classes, kDefaultThreshold);
  for (int column = 0; column < labels.classes; ++column) {
    Ranked ranked;
    int64_t positives = 0;
    for (int64_t row = 0; row < labels.n; ++row) {
      ranked.emplace_back(scores[row * labels.classes + column], labels.at(row, column));
      positives += labels.at(row, column);
    }
    if (positives == 0) continue;
    std::sort(ranked.begin(), ranked.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    out[column] = BestThreshold(ranked, positives);
  }
  return out;
}

}  // namespace lookbook
