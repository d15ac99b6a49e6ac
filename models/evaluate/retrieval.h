// Leave-one-out retrieval inside a labelled set: every image asks for its neighbours among the
// others.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "models/evaluate/metrics.h"

namespace lookbook {

// When does an answer count as right? S = number of shared labels, J = S / |union|.
enum class Relevance {
  kAny,        // S > 0
  kMoreThan2,  // S > 2
  kStrict,     // S > 3
  kExact,      // J = 1
  kJaccard50,  // J >= 0.5
};
inline constexpr std::array<Relevance, 5> kRelevances = {Relevance::kAny, Relevance::kMoreThan2,
                                                         Relevance::kStrict, Relevance::kExact,
                                                         Relevance::kJaccard50};
// "any", "shared>2", "strict", "exact", "j50".
absl::string_view RelevanceName(Relevance relevance);
bool IsRelevant(Relevance relevance, int shared, double jaccard);

// Means over the queries that have a relevant item at all; the others are excluded and counted.
struct RuleMetrics {
  Relevance relevance = Relevance::kAny;
  int64_t queries = 0;
  int64_t excluded = 0;
  double recall_at_1 = 0;
  double precision_at_10 = 0;
  double map_at_r = 0;
};

struct RetrievalMetrics {
  int64_t images = 0;
  std::vector<RuleMetrics> rules;  // In the order of kRelevances.
  int64_t ndcg_excluded = 0;       // Queries that share no label with anything.
  double ndcg_at_10_shared = 0;    // Linear gain S.
  double ndcg_at_10_jaccard = 0;   // Linear gain J.
  double acg_at_10 = 0;            // Mean S of the top 10, over all queries.
  double mean_jaccard_at_5 = 0;    // Mean J of the top 5, over all queries.

  const RuleMetrics& rule(Relevance relevance) const;
};

struct RetrievalResult {
  RetrievalMetrics metrics;
  int k = 0;                 // min(10, images - 1)
  std::vector<int64_t> top;  // k item numbers a query, best first.
};

// `vectors`: row-major unit rows of `dim` values; row i has the labels of row i. Similarities are
// dot products in float32 (a matrix product, so sums run in the order of Eigen's blocks) with no
// approximate search; ties go to the lower row. REQUIRES: vectors.size() == labels.n * dim.
RetrievalResult EvaluateRetrieval(absl::Span<const float> vectors, int dim,
                                  const LabelMatrix& labels);

// What a random order gives, in expectation (no drawing).
RetrievalMetrics ExpectedAtRandom(const LabelMatrix& labels);

// What one fixed order gives every query: items with the commonest labels first.
RetrievalMetrics RankByLabelFrequency(const LabelMatrix& labels);

}  // namespace lookbook
