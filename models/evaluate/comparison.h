// Two models on the same queries: which is better, and is it more than luck?
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "models/evaluate/bootstrap.h"
#include "models/evaluate/retrieval.h"

namespace lookbook {

// What one model said of the images that both were shown.
struct RunOutputs {
  std::string name;  // For people: a bundle id, a recipe.
  std::vector<std::string> image_ids;
  std::vector<QueryMetrics> queries;  // One an image.
  std::vector<float> scores;          // float32[n, classes]
  LabelMatrix labels;                 // n rows, in the model's own order of classes.
  std::vector<float> thresholds;      // Tuned on other images; empty = none.
};

// The metrics that can be resampled, by the names of EvaluationValues: mAP and F1 first, then
// retrieval by name. f1_macro_tuned is there when the run has thresholds.
std::vector<std::pair<std::string, ResampledMetric>> ResampledMetrics(const RunOutputs& run);

// Each of those with its interval. REQUIRES: the run has an image.
std::map<std::string, Interval> IntervalsOf(const RunOutputs& run,
                                            const BootstrapOptions& options = {});

struct MetricComparison {
  std::string metric;  // A name of EvaluationValues.
  PairedDifference result;
};

struct Comparison {
  std::string a, b, split;
  int64_t queries = 0;
  BootstrapOptions bootstrap;
  std::vector<MetricComparison> metrics;  // mAP and F1 first, then retrieval by name.
};

// f1_macro_tuned is compared when both have thresholds.
// InvalidArgument: no image, or not the same images in the same order.
absl::StatusOr<Comparison> CompareRuns(const std::string& split, const RunOutputs& a,
                                       const RunOutputs& b, const BootstrapOptions& options = {});

// For a terminal: both values, their difference with its interval, p; "*" where ClaimOf() claims
// something.
std::string ComparisonTable(const Comparison& comparison);
// {"split", "a", "b", "queries", "resamples", "seed", "confidence", "metrics": [{"metric", "a",
// "b", "difference", "low", "high", "p"}]}, indented.
std::string ComparisonToJson(const Comparison& comparison);

}  // namespace lookbook
