#include "models/evaluate/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>

namespace lookbook {
namespace {

constexpr float kThreshold = 0.5f;

struct Counts {
  int64_t tp = 0;
  int64_t fp = 0;
  int64_t fn = 0;

  void Add(bool predicted, bool actual) {
    tp += predicted && actual;
    fp += predicted && !actual;
    fn += !predicted && actual;
  }
  // 0 where nothing is predicted and nothing is there.
  double F1() const {
    const int64_t below = 2 * tp + fp + fn;
    return below == 0 ? 0 : 2.0 * static_cast<double>(tp) / static_cast<double>(below);
  }
};

// AP of one class over (score, actual): sum of (R_n - R_{n-1}) P_n where n runs over the distinct
// scores.
double AveragePrecision(std::vector<std::pair<float, uint8_t>>* ranked, int64_t positives) {
  if (positives == 0) return std::numeric_limits<double>::quiet_NaN();
  std::sort(ranked->begin(), ranked->end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  double sum = 0;
  int64_t hits = 0;
  for (size_t i = 0; i < ranked->size();) {
    const float score = (*ranked)[i].first;
    int64_t new_hits = 0;
    for (; i < ranked->size() && (*ranked)[i].first == score; ++i) new_hits += (*ranked)[i].second;
    hits += new_hits;
    sum += static_cast<double>(new_hits) * static_cast<double>(hits) / static_cast<double>(i);
  }
  return sum / static_cast<double>(positives);
}

double Mean(double sum, int64_t count) { return count == 0 ? 0 : sum / static_cast<double>(count); }

void EvaluateClass(absl::Span<const float> scores, const LabelMatrix& labels, int column,
                   Counts* all, ClassificationMetrics* out) {
  std::vector<std::pair<float, uint8_t>> ranked(labels.n);
  Counts counts;
  for (int64_t row = 0; row < labels.n; ++row) {
    const float score = scores[row * labels.classes + column];
    ranked[row] = {score, labels.at(row, column)};
    counts.Add(score > kThreshold, labels.at(row, column));
    all->Add(score > kThreshold, labels.at(row, column));
  }
  out->support[column] = counts.tp + counts.fn;
  out->f1[column] = counts.F1();
  out->ap[column] = AveragePrecision(&ranked, out->support[column]);
}

double SamplesF1(absl::Span<const float> scores, const LabelMatrix& labels) {
  double sum = 0;
  for (int64_t row = 0; row < labels.n; ++row) {
    Counts counts;
    for (int column = 0; column < labels.classes; ++column) {
      counts.Add(scores[row * labels.classes + column] > kThreshold, labels.at(row, column));
    }
    sum += counts.F1();
  }
  return Mean(sum, labels.n);
}

int64_t Relevant(const RankedQuery& query) {
  return std::accumulate(query.relevant.begin(), query.relevant.end(), int64_t{0});
}

// Sum over the first `k` places of rel_i * P@i.
double PrecisionSum(const RankedQuery& query, int64_t k) {
  double sum = 0;
  int64_t hits = 0;
  const int64_t end = std::min<int64_t>(k, static_cast<int64_t>(query.relevant.size()));
  for (int64_t i = 0; i < end; ++i) {
    if (!query.relevant[i]) continue;
    ++hits;
    sum += static_cast<double>(hits) / static_cast<double>(i + 1);
  }
  return sum;
}

int64_t HitsAtK(const RankedQuery& query, int k) {
  const int64_t end = std::min<int64_t>(k, static_cast<int64_t>(query.relevant.size()));
  return std::accumulate(query.relevant.begin(), query.relevant.begin() + end, int64_t{0});
}

double DcgAtK(const std::vector<double>& gain, int k) {
  double sum = 0;
  const size_t end = std::min(static_cast<size_t>(k), gain.size());
  for (size_t i = 0; i < end; ++i) sum += gain[i] / std::log2(static_cast<double>(i) + 2);
  return sum;
}

}  // namespace

ClassificationMetrics EvaluateClassification(absl::Span<const float> scores,
                                             const LabelMatrix& labels) {
  ClassificationMetrics out;
  out.ap.resize(labels.classes);
  out.f1.resize(labels.classes);
  out.support.resize(labels.classes);
  Counts all;
  double ap_sum = 0, f1_sum = 0, f1_supported_sum = 0;
  int64_t supported = 0;
  for (int column = 0; column < labels.classes; ++column) {
    EvaluateClass(scores, labels, column, &all, &out);
    f1_sum += out.f1[column];
    if (out.support[column] == 0) continue;
    ++supported;
    ap_sum += out.ap[column];
    f1_supported_sum += out.f1[column];
  }
  out.map = Mean(ap_sum, supported);
  out.f1_macro = Mean(f1_sum, labels.classes);
  out.f1_macro_supported = Mean(f1_supported_sum, supported);
  out.f1_micro = all.F1();
  out.f1_samples = SamplesF1(scores, labels);
  return out;
}

double RecallAtK(const RankedQuery& query, int k) { return HitsAtK(query, k) > 0 ? 1 : 0; }

double PrecisionAtK(const RankedQuery& query, int k) {
  return k <= 0 ? 0 : static_cast<double>(HitsAtK(query, k)) / k;
}

double AveragePrecisionAtK(const RankedQuery& query, int k) {
  return Mean(PrecisionSum(query, k), std::min<int64_t>(k, Relevant(query)));
}

double MapAtR(const RankedQuery& query) {
  const int64_t relevant = Relevant(query);
  return Mean(PrecisionSum(query, relevant), relevant);
}

double NdcgAtK(const RankedQuery& query, int k) {
  std::vector<double> ideal = query.gain;
  const size_t end = std::min(static_cast<size_t>(std::max(k, 0)), ideal.size());
  std::partial_sort(ideal.begin(), ideal.begin() + static_cast<ptrdiff_t>(end), ideal.end(),
                    std::greater<>());
  const double best = DcgAtK(ideal, k);
  return best == 0 ? 0 : DcgAtK(query.gain, k) / best;
}

}  // namespace lookbook
