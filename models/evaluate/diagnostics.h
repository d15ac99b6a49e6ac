// Is an embedding, or a classifier, collapsing? docs/training.md, "Diagnostics", says how to read
// the numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "models/evaluate/metrics.h"

namespace lookbook {

struct EmbeddingDiagnostics {
  int64_t rows = 0;  // That were looked at.
  double std_sqrt_d =
      0;  // Mean over dimensions of the sample standard deviation, times sqrt(D). SimSiam.
  double mean_cosine = 0;  // Over pairs i < j.
  double mean_norm = 0;    // Length of the mean vector.
  double uniformity = 0;   // log mean over i < j of exp(-2 |z_i - z_j|^2). Wang & Isola 2020.
  double effective_rank =
      0;  // RankMe: exp(-sum p log p), p = s_k / sum s + 1e-7, s = singular values of Z.
  double effective_rank_centered = 0;  // The same of Z less its mean row.
  double top1_share = 0;               // s_1^2 / sum s^2.
  double participation_ratio = 0;      // (sum s^2)^2 / sum s^4 of Z less its mean row.
};

// `vectors`: row-major unit rows of `dim` values. Of more than `max_rows` rows, that many are taken
// at even distances. Fewer than two rows give zeros.
EmbeddingDiagnostics DiagnoseEmbeddings(absl::Span<const double> vectors, int dim,
                                        int64_t max_rows = 2048);
EmbeddingDiagnostics DiagnoseEmbeddings(absl::Span<const float> vectors, int dim,
                                        int64_t max_rows = 2048);

// Mean over pairs of |a_i - b_i|^2 of unit rows: how close what belongs together lies (Wang & Isola
// 2020, alpha = 2). Two views of the same images, row by row.
// REQUIRES: equal sizes, multiples of dim.
double ViewAlignment(absl::Span<const double> a, absl::Span<const double> b, int dim);
// Of all pairs i != j with is_pair(i, j) among the rows of one matrix; 0 without a pair.
double PairAlignment(absl::Span<const double> vectors, int dim,
                     const std::function<bool(int64_t, int64_t)>& is_pair);

// How often each item stands in the top k of the others. A hub is an item that is everybody's
// neighbour.
struct Hubness {
  std::vector<int64_t> occurrences;  // Per item.
  double skewness = 0;   // Third standardised moment of `occurrences` (Radovanovic et al. 2010).
  double max_share = 0;  // Largest share of the queries in whose top k one item appears.
  double anti_hub_share = 0;  // Share of the items that appear nowhere.
  double robin_hood = 0;      // sum |N - mean| / (2 sum N): 0 = even, towards 1 = all in one.
  double distinct_share = 0;  // Items that appear somewhere / items.
};

// `neighbors`: k item numbers a query, back to back; each in [0, items).
Hubness MeasureHubness(absl::Span<const int64_t> neighbors, int k, int64_t items);

// Does the classifier say the same of every image? Sets are the classes with p > 0.5.
struct LabelCollapse {
  double distinct_sets = 0;  // Distinct predicted sets / images.
  double top_set_share = 0;  // Share of the images with the commonest set.
};
LabelCollapse MeasureLabelCollapse(absl::Span<const float> scores, int classes);

}  // namespace lookbook
