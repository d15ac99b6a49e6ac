// What a bundle says of its own numbers: probability of a similarity, thresholds of scores, when a
// query is novel, and what queries usually look like. docs/training.md, "Calibration".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "models/evaluate/isotonic.h"
#include "models/evaluate/metrics.h"

namespace lookbook {

// Upper bounds of the baseline histogram; those of the server's lookbook_top1_similarity.
inline constexpr double kTop1Bounds[] = {0,   0.1, 0.2,  0.3, 0.4,  0.5,  0.6,
                                         0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 1};

// Queries of known labels and the gallery that the index holds. Row-major; unit rows.
struct CalibrationSet {
  std::string source;  // Which queries these are.
  int dim = 0;
  std::vector<float> query_vectors;    // float32[q, dim]
  std::vector<float> query_scores;     // float32[q, classes]
  LabelMatrix query_labels;            // q rows
  std::vector<int64_t> own_rows;       // Each query's own row of the gallery, -1 = none; or empty.
  std::vector<float> gallery_vectors;  // float32[n, dim]
  LabelMatrix gallery_labels;          // n rows, the same classes
};

struct CalibrationResult {
  std::string source;
  int64_t queries = 0;
  int64_t pairs = 0;                        // That the curve goes through.
  std::vector<Knot> knots;                  // 1 to 64.
  double ece_before = 0;                    // Of the similarity taken as a probability.
  double ece_after = 0;                     // Of the curve, on queries that it was not fitted to.
  std::vector<ReliabilityBin> reliability;  // What ece_after is the error of.
  // The same of each query's first answer alone: one curve for all ten says too much of it.
  std::vector<ReliabilityBin> reliability_first;
  std::vector<float> thresholds;  // One a class.
  float novelty_similarity = 0;
  std::vector<int64_t> top1_counts;  // One more than kTop1Bounds.
  std::vector<double> predicted_share;
};

// - knots: isotonic regression of relevance (J >= 0.5) on similarity, clamped to -1 … 1, over each
//   query's 10 nearest items, the default of a search; and, so that the curve says what is not
//   similar, over those of up to 10 others a query that are less similar than anything among these.
//   Joined until there are at most 64 knots. Query i's others stand at even distances in what is
//   left of the gallery, from place i on and beyond the last from the first again.
// - ECE: 15 bins of equal mass over each query's 10 nearest items; ece_after by five-fold
//   cross-fitting over queries (query i is in fold i mod 5).
// - thresholds: TuneThresholds. predicted_share: with these thresholds.
// - novelty_similarity: 1st percentile of the queries' top-1 similarities.
// A query's own row is no item of its gallery.
//
// InvalidArgument: fewer than two queries, sizes that do not fit, or a query without any item.
absl::StatusOr<CalibrationResult> Calibrate(const CalibrationSet& set);

// The q-quantile by linear interpolation between order statistics (Hyndman & Fan's type 7, as
// numpy's default). REQUIRES: values is not empty, 0 <= q <= 1.
double Quantile(std::vector<double> values, double q);

}  // namespace lookbook
