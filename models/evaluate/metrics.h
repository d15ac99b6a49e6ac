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
  std::vector<double> f1;  // At p > 0.5; an absent class without a prediction counts 0.
  std::vector<int64_t> support;
  double map = 0;       // Mean of ap over classes with a positive.
  double f1_macro = 0;  // Over all classes (torchmetrics' convention).
  double f1_macro_supported = 0;
  double f1_micro = 0;
  double f1_samples = 0;
};

// scores: n × classes probabilities. Ties share one threshold (as in scikit-learn).
ClassificationMetrics EvaluateClassification(absl::Span<const float> scores,
                                             const LabelMatrix& labels);

// One query's ranked gallery, best first: relevance and graded gain of each place.
struct RankedQuery {
  std::vector<uint8_t> relevant;
  std::vector<double> gain;
};

double RecallAtK(const RankedQuery& query, int k);  // 1 when a relevant item stands in the top k.
double PrecisionAtK(const RankedQuery& query, int k);
double AveragePrecisionAtK(const RankedQuery& query, int k);  // Divides by min(k, R).
double MapAtR(const RankedQuery& query);          // Musgrave et al. 2020, arXiv 2003.08505.
double NdcgAtK(const RankedQuery& query, int k);  // Linear gain; ideal order of the whole gallery.

}  // namespace lookbook
