// Classification and retrieval metrics of multi-label data. Formulas: docs/training.md, "Metrics".
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace lookbook {

// Row-major n × classes.
struct LabelMatrix {
  int64_t n = 0;
  int classes = 0;
  std::vector<uint8_t> values;  // 0 or 1
  uint8_t at(int64_t row, int column) const { return values[row * classes + column]; }
};

struct ClassificationMetrics {
  std::vector<double> ap;  // Average precision a class; NaN without positives.
  std::vector<double> f1;  // At p > threshold; an absent class without a prediction counts 0.
  std::vector<int64_t> support;
  std::vector<int64_t> true_positives, false_positives, false_negatives;
  double map = 0;       // Mean of ap over classes with a positive.
  double map_all = 0;   // Over all classes, one without a positive counts 0.
  double f1_macro = 0;  // Over all classes (torchmetrics' convention).
  double f1_macro_supported = 0;
  double f1_weighted = 0;  // By support.
  double f1_micro = 0;
  double f1_samples = 0;
  double precision_macro = 0;   // Over all classes; 0 where nothing is predicted.
  double recall_macro = 0;      // Over all classes; 0 where nothing is there.
  double hamming_accuracy = 0;  // Share of (image, class) pairs that are right.
  double exact_match = 0;       // Share of images that are right in every class.
};

inline constexpr float kDefaultThreshold = 0.5f;

// scores: n × classes probabilities. `thresholds`: one a class; empty = 0.5 for all. Ties share one
// threshold in AP (as in scikit-learn).
// REQUIRES: thresholds.empty() or thresholds.size() == labels.classes.
ClassificationMetrics EvaluateClassification(absl::Span<const float> scores,
                                             const LabelMatrix& labels,
                                             absl::Span<const float> thresholds = {});

// One query's ranked gallery, best first: relevance and graded gain of each place.
struct RankedQuery {
  std::vector<uint8_t> relevant;
  std::vector<double> gain;
};

// R = number of relevant items. All are 0 where nothing is relevant, or nothing has a gain.
double RecallAtK(const RankedQuery& query, int k);  // 1 when a relevant item stands in the top k.
double PrecisionAtK(const RankedQuery& query, int k);
double FoundShareAtK(const RankedQuery& query, int k);  // Relevant items in the top k / R.
double RPrecision(const RankedQuery& query);            // P@R
double ReciprocalRank(const RankedQuery& query);        // 1 / place of the first relevant item.
double AveragePrecisionAtK(const RankedQuery& query, int k);  // Divides by min(k, R).
double AveragePrecision(const RankedQuery& query);            // Over the whole list.
double MapAtR(const RankedQuery& query);          // Musgrave et al. 2020, arXiv 2003.08505.
double NdcgAtK(const RankedQuery& query, int k);  // Linear gain; ideal order of the whole gallery.
double AcgAtK(const RankedQuery& query, int k);   // Mean gain of the first min(k, n).
// Mean of ACG@i over the places i <= k that are relevant. Zhao et al. 2015, arXiv 1501.06272.
double WapAtK(const RankedQuery& query, int k);

// 2^S - 1: the gain of the hashing papers' nDCG.
std::vector<double> ExponentialGain(const std::vector<double>& shared);

}  // namespace lookbook
