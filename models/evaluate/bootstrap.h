// How sure is a number? Bootstrap over queries, alone and paired, with bias-corrected percentile
// intervals (Efron 1987; Efron & Tibshirani 1993, ch. 14, with an acceleration of 0): copies of one
// positive stand beside each other in a ranking, so that the mAP of resamples lies above that of
// the queries, and plain percentiles with it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "models/evaluate/metrics.h"

namespace lookbook {

// With fewer no p falls below 0.05.
inline constexpr int kLeastResamples = 40;

struct BootstrapOptions {
  int resamples = 1000;  // 1 or more; of pairs kLeastResamples or more.
  uint64_t seed = 7;
  double confidence = 0.95;  // In (0, 1).
};

// A metric of a resample: query i stands in it counts[i] times. With all counts 1 it is the metric.
using ResampledMetric = std::function<double(absl::Span<const int> counts)>;

// The mean of one value a query; NaN values are left out. 0 when nothing is left.
ResampledMetric MeanOf(std::vector<double> values);
// mAP (mean over classes with a positive in the resample) and macro F1 (over all classes) of n ×
// classes probabilities; `thresholds` as in EvaluateClassification.
ResampledMetric MeanAveragePrecisionOf(std::vector<float> scores, LabelMatrix labels);
ResampledMetric MacroF1Of(std::vector<float> scores, LabelMatrix labels,
                          std::vector<float> thresholds = {});

// low <= value <= high. Where (nearly) all resamples lie on one side of the value, so do the
// corrected percentiles: that end of the interval is then the value itself.
struct Interval {
  double value = 0;  // Of the queries as they are.
  double low = 0;
  double high = 0;
};

// The same seed and number of queries draw the same resamples on every machine.
// REQUIRES: queries >= 1.
Interval Bootstrap(int64_t queries, const ResampledMetric& metric,
                   const BootstrapOptions& options = {});

struct PairedDifference {
  double a = 0;
  double b = 0;
  Interval difference;  // b - a
  // Two-sided, by inverting the interval (Efron & Tibshirani 1993, section 15.4): the smallest
  // alpha for which the interval of confidence 1 - alpha excludes 0, but no less than 2 /
  // (resamples + 1); 1 where none does. So it is below 1 - confidence just when `difference`
  // excludes 0.
  double p = 1;
};

enum class Claim { kNone, kABetter, kBBetter };

// What is claimed of two runs: that one has more where the interval of the difference excludes 0.
Claim ClaimOf(const PairedDifference& difference);

// Two runs on the same queries: both are measured on every resample.
// REQUIRES: queries >= 1, 2 / (options.resamples + 1) < 1 - options.confidence (kLeastResamples for
// 0.95): fewer show no p that small.
PairedDifference ComparePaired(int64_t queries, const ResampledMetric& a, const ResampledMetric& b,
                               const BootstrapOptions& options = {});

}  // namespace lookbook
