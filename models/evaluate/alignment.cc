#include "models/evaluate/alignment.h"

#include <algorithm>

namespace lookbook {
namespace {

// Labels that two rows share, and labels that either has.
struct Overlap {
  int shared = 0;
  int either = 0;
};

Overlap Compare(const LabelMatrix& labels, int64_t a, int64_t b) {
  Overlap out;
  for (int j = 0; j < labels.classes; ++j) {
    out.shared += labels.at(a, j) & labels.at(b, j);
    out.either += labels.at(a, j) | labels.at(b, j);
  }
  return out;
}

double SquaredDistance(const float* a, const float* b, int dim) {
  double sum = 0;
  for (int j = 0; j < dim; ++j) {
    const double difference = static_cast<double>(a[j]) - b[j];
    sum += difference * difference;
  }
  return sum;
}

}  // namespace

Alignment MeasureAlignment(absl::Span<const float> vectors, int dim, const LabelMatrix& labels,
                           Relevance relevance, int64_t max_rows) {
  Alignment out;
  const int64_t rows = std::min(labels.n, max_rows);
  const auto row = [&](int64_t i) { return i * labels.n / rows; };
  int64_t pairs = 0;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t k = i + 1; k < rows; ++k) {
      const double distance = SquaredDistance(&vectors[row(i) * dim], &vectors[row(k) * dim], dim);
      out.all += distance;
      ++pairs;
      const Overlap overlap = Compare(labels, row(i), row(k));
      const double jaccard =
          overlap.either > 0 ? static_cast<double>(overlap.shared) / overlap.either : 0;
      if (!IsRelevant(relevance, overlap.shared, jaccard)) continue;
      out.positive += distance;
      ++out.positive_pairs;
    }
  }
  if (pairs > 0) out.all /= static_cast<double>(pairs);
  if (out.positive_pairs > 0) out.positive /= static_cast<double>(out.positive_pairs);
  if (out.positive_pairs > 0 && out.all > 0) out.ratio = out.positive / out.all;
  return out;
}

}  // namespace lookbook
