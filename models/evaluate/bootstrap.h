// How sure is a number? Bootstrap over queries, alone and paired, with bias-corrected percentile
// intervals (Efron 1981): copies of one positive stand beside each other in a ranking, so that the
// mAP of resamples lies above that of the queries, and plain percentiles with it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "models/evaluate/metrics.h"

namespace lookbook {

struct BootstrapOptions {
  int resamples = 1000;  // 1 or more.
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
  // Two-sided: twice the smaller share of resamples whose difference is <= 0, or >= 0, each plus
  // one over the number plus one; at most 1. A claim "better" stands when it is below 0.05.
  double p = 1;
};

// Two runs on the same queries: both are measured on every resample.
PairedDifference ComparePaired(int64_t queries, const ResampledMetric& a, const ResampledMetric& b,
                               const BootstrapOptions& options = {});

}  // namespace lookbook
