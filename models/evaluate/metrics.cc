#include "models/evaluate/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>

namespace lookbook {
namespace {

double Ratio(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

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
  double F1() const { return Ratio(2 * tp, 2 * tp + fp + fn); }
  double Precision() const { return Ratio(tp, tp + fp); }
  double Recall() const { return Ratio(tp, tp + fn); }
};

// AP of one class over (score, actual): sum of (R_n - R_{n-1}) P_n where n runs over the distinct
// scores.
double RankedPrecision(std::vector<std::pair<float, uint8_t>>* ranked, int64_t positives) {
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

// Is `column` predicted for `row`? Thresholds may be left out.
class Predictions {
 public:
  Predictions(absl::Span<const float> scores, int classes, absl::Span<const float> thresholds)
      : scores_(scores), classes_(classes), thresholds_(thresholds) {}
  float score(int64_t row, int column) const { return scores_[row * classes_ + column]; }
  bool at(int64_t row, int column) const {
    return score(row, column) > (thresholds_.empty() ? kDefaultThreshold : thresholds_[column]);
  }

 private:
  absl::Span<const float> scores_;
  int classes_;
  absl::Span<const float> thresholds_;
};

Counts EvaluateClass(const Predictions& predictions, const LabelMatrix& labels, int column,
                     ClassificationMetrics* out) {
  std::vector<std::pair<float, uint8_t>> ranked(labels.n);
  Counts counts;
  for (int64_t row = 0; row < labels.n; ++row) {
    ranked[row] = {predictions.score(row, column), labels.at(row, column)};
    counts.Add(predictions.at(row, column), labels.at(row, column));
  }
  out->true_positives.push_back(counts.tp);
  out->false_positives.push_back(counts.fp);
  out->false_negatives.push_back(counts.fn);
  out->support.push_back(counts.tp + counts.fn);
  out->f1.push_back(counts.F1());
  out->ap.push_back(RankedPrecision(&ranked, counts.tp + counts.fn));
  return counts;
}

// What is counted image by image.
void EvaluateRows(const Predictions& predictions, const LabelMatrix& labels,
                  ClassificationMetrics* out) {
  double f1 = 0;
  int64_t right = 0, exact = 0;
  for (int64_t row = 0; row < labels.n; ++row) {
    Counts counts;
    for (int column = 0; column < labels.classes; ++column)
      counts.Add(predictions.at(row, column), labels.at(row, column));
    f1 += counts.F1();
    right += labels.classes - counts.fp - counts.fn;
    exact += counts.fp + counts.fn == 0;
  }
  out->f1_samples = Mean(f1, labels.n);
  out->hamming_accuracy = Ratio(right, labels.n * labels.classes);
  out->exact_match = Ratio(exact, labels.n);
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
                                             const LabelMatrix& labels,
                                             absl::Span<const float> thresholds) {
  ClassificationMetrics out;
  const Predictions predictions(scores, labels.classes, thresholds);
  Counts all;
  double ap = 0, f1 = 0, supported_f1 = 0, weighted_f1 = 0, precision = 0, recall = 0;
  int64_t supported = 0;
  for (int column = 0; column < labels.classes; ++column) {
    const Counts counts = EvaluateClass(predictions, labels, column, &out);
    all.tp += counts.tp;
    all.fp += counts.fp;
    all.fn += counts.fn;
    f1 += counts.F1();
    precision += counts.Precision();
    recall += counts.Recall();
    const int64_t support = out.support[column];
    if (support == 0) continue;
    ++supported;
    ap += out.ap[column];
    supported_f1 += counts.F1();
    weighted_f1 += static_cast<double>(support) * counts.F1();
  }
  out.map = Mean(ap, supported);
  out.map_all = Mean(ap, labels.classes);
  out.f1_macro = Mean(f1, labels.classes);
  out.f1_macro_supported = Mean(supported_f1, supported);
  out.f1_weighted = Mean(weighted_f1, all.tp + all.fn);
  out.f1_micro = all.F1();
  out.precision_macro = Mean(precision, labels.classes);
  out.recall_macro = Mean(recall, labels.classes);
  EvaluateRows(predictions, labels, &out);
  return out;
}

double RecallAtK(const RankedQuery& query, int k) { return HitsAtK(query, k) > 0 ? 1 : 0; }

double PrecisionAtK(const RankedQuery& query, int k) {
  return k <= 0 ? 0 : static_cast<double>(HitsAtK(query, k)) / k;
}

double FoundShareAtK(const RankedQuery& query, int k) {
  return Ratio(HitsAtK(query, k), Relevant(query));
}

double RPrecision(const RankedQuery& query) {
  return PrecisionAtK(query, static_cast<int>(Relevant(query)));
}

double ReciprocalRank(const RankedQuery& query) {
  const auto first = std::find_if(query.relevant.begin(), query.relevant.end(),
                                  [](uint8_t relevant) { return relevant != 0; });
  return first == query.relevant.end()
             ? 0
             : 1 / static_cast<double>(first - query.relevant.begin() + 1);
}

double AveragePrecisionAtK(const RankedQuery& query, int k) {
  return Mean(PrecisionSum(query, k), std::min<int64_t>(k, Relevant(query)));
}

double AveragePrecision(const RankedQuery& query) {
  return AveragePrecisionAtK(query, static_cast<int>(query.relevant.size()));
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

double AcgAtK(const RankedQuery& query, int k) {
  const int64_t end = std::min<int64_t>(k, static_cast<int64_t>(query.gain.size()));
  return Mean(std::accumulate(query.gain.begin(), query.gain.begin() + end, 0.0), end);
}

double WapAtK(const RankedQuery& query, int k) {
  double gains = 0, sum = 0;
  int64_t hits = 0;
  const int64_t end = std::min<int64_t>(k, static_cast<int64_t>(query.gain.size()));
  for (int64_t i = 0; i < end; ++i) {
    gains += query.gain[i];
    if (!query.relevant[i]) continue;
    ++hits;
    sum += gains / static_cast<double>(i + 1);
  }
  return Mean(sum, hits);
}

std::vector<double> ExponentialGain(const std::vector<double>& shared) {
  std::vector<double> gain;
  for (const double s : shared) gain.push_back(std::exp2(s) - 1);
  return gain;
}

}  // namespace lookbook
