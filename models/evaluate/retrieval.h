// Retrieval measured by labels: every image asks for its neighbours, among the others of its set
// (leave-one-out) or in a gallery of other images.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "models/evaluate/label_overlap.h"
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

inline constexpr int kTopAnswers = 10;
inline constexpr int kShownAnswers = 5;

// Of one query under one rule. NaN: the query has no relevant item and is left out.
struct QueryRuleMetrics {
  double recall_at_1 = 0;
  double precision_at_10 = 0;
  double map_at_r = 0;
  double average_precision = 0;  // Over the whole list.
};

// Of one query. NaN: left out, for nothing relevant or nothing with a gain is there.
struct QueryMetrics {
  std::array<QueryRuleMetrics, kRelevances.size()> rules;       // In the order of kRelevances.
  double ndcg_at_10_shared = 0;                                 // Linear gain S.
  double ndcg_at_10_jaccard = 0;                                // Linear gain J.
  double ndcg_at_10_exp = 0;                                    // Gain 2^S - 1.
  double acg_at_10 = 0;                                         // Mean S of the top 10.
  double wap_at_10 = std::numeric_limits<double>::quiet_NaN();  // Relevant: any.
  double mean_jaccard_at_5 = 0;                                 // Mean J of the top 5.
};

// `overlaps` with the whole gallery, best answer first.
QueryMetrics MeasureQuery(const Overlaps& overlaps);

// Means over the queries that have a relevant item at all; the others are excluded and counted.
struct RuleMetrics {
  Relevance relevance = Relevance::kAny;
  int64_t queries = 0;
  int64_t excluded = 0;
  double recall_at_1 = 0;
  double precision_at_10 = 0;
  double map_at_r = 0;
  double map = 0;  // Mean of the average precision over the whole list.
};

// Means over the queries that are not left out.
struct RetrievalMetrics {
  int64_t images = 0;
  std::vector<RuleMetrics> rules;  // In the order of kRelevances.
  int64_t ndcg_excluded = 0;       // Queries that share no label with anything.
  double ndcg_at_10_shared = 0;
  double ndcg_at_10_jaccard = 0;
  double ndcg_at_10_exp = 0;
  double acg_at_10 = 0;
  double wap_at_10 = 0;
  double mean_jaccard_at_5 = 0;

  const RuleMetrics& rule(Relevance relevance) const;
};
RetrievalMetrics Summarize(absl::Span<const QueryMetrics> queries);

struct RetrievalResult {
  RetrievalMetrics metrics;
  std::vector<QueryMetrics> queries;  // Row by row.
  int k = 0;                          // min(10, items that every query is compared with)
  std::vector<int64_t> top;           // k item numbers a query, best first.
};

// Unit rows and their labels: row i of `vectors` has the labels of row i. Not owned.
struct LabelledRows {
  absl::Span<const float> vectors;  // float32[labels.n, dim]
  const LabelMatrix& labels;
};

// Every row of `queries` asks for its neighbours among all rows of `gallery`. Similarities are dot
// products in float32 (a matrix product, so sums run in the order of Eigen's blocks) with no
// approximate search; ties go to the lower row. `own_rows`: the gallery's row that is query i
// itself and therefore no answer, -1 = none; empty = none for all. Similarities of at most 64 MB
// are held at a time.
// REQUIRES: sizes fit, both sides have the same classes.
RetrievalResult EvaluateRetrieval(const LabelledRows& queries, const LabelledRows& gallery, int dim,
                                  absl::Span<const int64_t> own_rows);
// Leave-one-out: `vectors` against themselves.
RetrievalResult EvaluateRetrieval(absl::Span<const float> vectors, int dim,
                                  const LabelMatrix& labels);

// 0 … n-1 without `query`; all of them when it is -1.
std::vector<int64_t> OtherRows(int64_t n, int64_t query);

// One value a query for every metric that is a mean over queries, by the names of EvaluationValues.
std::map<std::string, std::vector<double>> PerQueryValues(absl::Span<const QueryMetrics> queries);

}  // namespace lookbook
