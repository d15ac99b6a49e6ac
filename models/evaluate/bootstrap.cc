#include "models/evaluate/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

#include "models/dataset/random.h"
#include "models/evaluate/calibration.h"

namespace lookbook {
namespace {

// Calls `fn` with the counts of each resample.
void ForEachResample(int64_t queries, const BootstrapOptions& options,
                     const std::function<void(absl::Span<const int>)>& fn) {
  Random random(MixSeed({options.seed, static_cast<uint64_t>(queries)}));
  std::vector<int> counts(queries);
  for (int i = 0; i < options.resamples; ++i) {
    std::fill(counts.begin(), counts.end(), 0);
    for (int64_t draw = 0; draw < queries; ++draw)
      ++counts[random.Below(static_cast<uint64_t>(queries))];
    fn(counts);
  }
}

double NormalCdf(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

// The z at which NormalCdf is p, by bisection: the standard library has no inverse. REQUIRES: p in
// (0, 1).
double NormalQuantile(double p) {
  double low = -10, high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (NormalCdf(middle) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

// How far the resamples lie to one side of `value`, in standard deviations: 0 when half of them are
// below it. Of resamples that all lie on one side half a one counts as on the other.
double MedianBias(double value, const std::vector<double>& resampled) {
  double below = 0;
  for (const double other : resampled) below += other < value ? 1 : other == value ? 0.5 : 0;
  const double n = static_cast<double>(resampled.size());
  return NormalQuantile(std::clamp(below, 0.5, n - 0.5) / n);
}

// A value and what resamples made of it: its interval at every confidence.
class Resampled {
 public:
  Resampled(double value, std::vector<double> resampled)
      : value_(value), resampled_(std::move(resampled)), bias_(2 * MedianBias(value, resampled_)) {
    std::sort(resampled_.begin(), resampled_.end());
  }

  Interval At(double confidence) const { return Within(NormalQuantile((1 + confidence) / 2)); }

  // See PairedDifference::p. Intervals that are wider hold those that are narrower, so halving
  // finds the widest that excludes 0.
  double POfZero() const {
    const double least = 2.0 / (static_cast<double>(resampled_.size()) + 1);
    double excludes = 0, holds = -NormalQuantile(least / 2);
    if (!ExcludesZero(Within(excludes))) return 1;
    if (ExcludesZero(Within(holds))) return least;
    for (int i = 0; i < 50; ++i) {
      const double middle = (excludes + holds) / 2;
      (ExcludesZero(Within(middle)) ? excludes : holds) = middle;
    }
    return 2 * NormalCdf(-holds);
  }

  static bool ExcludesZero(const Interval& interval) {
    return interval.low > 0 || interval.high < 0;
  }

 private:
  // Of z standard deviations to either side.
  Interval Within(double z) const {
    return {value_, std::min(value_, Quantile(resampled_, NormalCdf(bias_ - z))),
            std::max(value_, Quantile(resampled_, NormalCdf(bias_ + z)))};
  }

  double value_;
  std::vector<double> resampled_;
  double bias_;
};

// Rows of each class, best score first, so that a resample only counts.
class RankedClasses {
 public:
  RankedClasses(const std::vector<float>& scores, LabelMatrix labels) : labels_(std::move(labels)) {
    for (int j = 0; j < labels_.classes; ++j) {
      Column column;
      column.rows.resize(labels_.n);
      std::iota(column.rows.begin(), column.rows.end(), 0);
      const auto score = [&, j](int64_t row) { return scores[row * labels_.classes + j]; };
      std::sort(column.rows.begin(), column.rows.end(), [&](int64_t a, int64_t b) {
        return score(a) != score(b) ? score(a) > score(b) : a < b;
      });
      for (size_t i = 0; i < column.rows.size(); ++i) {
        const bool last = i + 1 == column.rows.size();
        column.ends.push_back(last || score(column.rows[i]) != score(column.rows[i + 1]));
      }
      columns_.push_back(std::move(column));
    }
  }

  double MeanAveragePrecision(absl::Span<const int> counts) const {
    double sum = 0;
    int supported = 0;
    for (int j = 0; j < labels_.classes; ++j) {
      const double ap = AveragePrecision(j, counts);
      if (std::isnan(ap)) continue;
      sum += ap;
      ++supported;
    }
    return supported == 0 ? 0 : sum / supported;
  }

 private:
  struct Column {
    std::vector<int64_t> rows;
    std::vector<bool> ends;  // The last row of its score: ties share one threshold.
  };

  // NaN without a positive.
  double AveragePrecision(int j, absl::Span<const int> counts) const {
    const Column& column = columns_[j];
    double sum = 0;
    int64_t seen = 0, hits = 0, counted_hits = 0;
    for (size_t i = 0; i < column.rows.size(); ++i) {
      const int64_t row = column.rows[i];
      seen += counts[row];
      if (labels_.at(row, j)) hits += counts[row];
      if (!column.ends[i] || hits == counted_hits) continue;
      sum += static_cast<double>(hits - counted_hits) * static_cast<double>(hits) /
             static_cast<double>(seen);
      counted_hits = hits;
    }
    return sum / static_cast<double>(hits);
  }

  LabelMatrix labels_;
  std::vector<Column> columns_;
};

}  // namespace

ResampledMetric MeanOf(std::vector<double> values) {
  return [values = std::move(values)](absl::Span<const int> counts) {
    double sum = 0;
    int64_t queries = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) continue;
      sum += counts[i] * values[i];
      queries += counts[i];
    }
    return queries == 0 ? 0 : sum / static_cast<double>(queries);
  };
}

ResampledMetric MeanAveragePrecisionOf(std::vector<float> scores, LabelMatrix labels) {
  const auto ranked = std::make_shared<RankedClasses>(scores, std::move(labels));
  return [ranked](absl::Span<const int> counts) { return ranked->MeanAveragePrecision(counts); };
}

ResampledMetric MacroF1Of(std::vector<float> scores, LabelMatrix labels,
                          std::vector<float> thresholds) {
  if (thresholds.empty()) thresholds.assign(labels.classes, kDefaultThreshold);
  return [scores = std::move(scores), labels = std::move(labels),
          thresholds = std::move(thresholds)](absl::Span<const int> counts) {
    double sum = 0;
    for (int j = 0; j < labels.classes; ++j) {
      int64_t both = 0, either = 0;  // 2 TP and 2 TP + FP + FN.
      for (int64_t row = 0; row < labels.n; ++row) {
        const int predicted = scores[row * labels.classes + j] > thresholds[j];
        const int actual = labels.at(row, j);
        both += counts[row] * 2 * (predicted & actual);
        either += counts[row] * (predicted + actual);
      }
      if (either > 0) sum += static_cast<double>(both) / static_cast<double>(either);
    }
    return labels.classes == 0 ? 0 : sum / labels.classes;
  };
}

Interval Bootstrap(int64_t queries, const ResampledMetric& metric,
                   const BootstrapOptions& options) {
  std::vector<double> resampled;
  ForEachResample(queries, options,
                  [&](absl::Span<const int> counts) { resampled.push_back(metric(counts)); });
  return Resampled(metric(std::vector<int>(queries, 1)), std::move(resampled))
      .At(options.confidence);
}

PairedDifference ComparePaired(int64_t queries, const ResampledMetric& a, const ResampledMetric& b,
                               const BootstrapOptions& options) {
  const std::vector<int> once(queries, 1);
  PairedDifference out{.a = a(once), .b = b(once)};
  std::vector<double> differences;
  ForEachResample(queries, options, [&](absl::Span<const int> counts) {
    differences.push_back(b(counts) - a(counts));
  });
  const Resampled difference(out.b - out.a, std::move(differences));
  out.difference = difference.At(options.confidence);
  out.p = difference.POfZero();
  return out;
}

Claim ClaimOf(const PairedDifference& difference) {
  if (difference.difference.low > 0) return Claim::kBBetter;
  if (difference.difference.high < 0) return Claim::kABetter;
  return Claim::kNone;
}

}  // namespace lookbook
