#include "models/evaluate/retrieval.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "models/evaluate/label_overlap.h"

namespace lookbook {
namespace {

constexpr double kLeftOut = std::numeric_limits<double>::quiet_NaN();

// Calls `fn(query, similarities to the whole gallery)`; similarities come in blocks of queries, so
// memory stays small.
void ForEachQuery(const LabelledRows& queries, const LabelledRows& gallery, int dim,
                  const std::function<void(int64_t, const float*)>& fn) {
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const int64_t n = queries.labels.n, items = gallery.labels.n;
  const Eigen::Map<const RowMajor> asked(queries.vectors.data(), n, dim);
  const Eigen::Map<const RowMajor> all(gallery.vectors.data(), items, dim);
  constexpr int64_t kMostRows = 256, kMostValues = int64_t{1} << 24;
  const int64_t most = std::clamp<int64_t>(kMostValues / std::max<int64_t>(items, 1), 1, kMostRows);
  for (int64_t start = 0; start < n; start += most) {
    const int64_t rows = std::min(most, n - start);
    const RowMajor block = asked.middleRows(start, rows) * all.transpose();
    for (int64_t i = 0; i < rows; ++i) fn(start + i, block.data() + i * items);
  }
}

QueryRuleMetrics MeasureRule(RankedQuery* query, Relevance relevance, const Overlaps& overlaps) {
  bool any = false;
  for (size_t i = 0; i < overlaps.shared.size(); ++i) {
    query->relevant[i] = IsRelevant(relevance, overlaps.shared[i], overlaps.jaccard[i]);
    any = any || query->relevant[i];
  }
  if (!any) return {kLeftOut, kLeftOut, kLeftOut, kLeftOut};
  return {RecallAtK(*query, 1), PrecisionAtK(*query, kTopAnswers), MapAtR(*query),
          AveragePrecision(*query)};
}

// A mean over the values that are not left out.
class Mean {
 public:
  void Add(double value) {
    if (std::isnan(value)) return;
    sum_ += value;
    ++count_;
  }
  double value() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

 private:
  double sum_ = 0;
  int64_t count_ = 0;
};

double MeanOver(absl::Span<const QueryMetrics> queries,
                const std::function<double(const QueryMetrics&)>& value) {
  Mean mean;
  for (const QueryMetrics& query : queries) mean.Add(value(query));
  return mean.value();
}

RuleMetrics SummarizeRule(absl::Span<const QueryMetrics> queries, size_t rule) {
  RuleMetrics out{.relevance = kRelevances[rule]};
  Mean recall, precision, map_at_r, map;
  for (const QueryMetrics& query : queries) {
    const QueryRuleMetrics& values = query.rules[rule];
    ++(std::isnan(values.map_at_r) ? out.excluded : out.queries);
    recall.Add(values.recall_at_1);
    precision.Add(values.precision_at_10);
    map_at_r.Add(values.map_at_r);
    map.Add(values.average_precision);
  }
  out.recall_at_1 = recall.value();
  out.precision_at_10 = precision.value();
  out.map_at_r = map_at_r.value();
  out.map = map.value();
  return out;
}

}  // namespace

absl::string_view RelevanceName(Relevance relevance) {
  switch (relevance) {
    case Relevance::kAny:
      return "any";
    case Relevance::kMoreThan2:
      return "shared>2";
    case Relevance::kStrict:
      return "strict";
    case Relevance::kExact:
      return "exact";
    case Relevance::kJaccard50:
      return "j50";
  }
  return "";
}

bool IsRelevant(Relevance relevance, int shared, double jaccard) {
  switch (relevance) {
    case Relevance::kAny:
      return shared > 0;
    case Relevance::kMoreThan2:
      return shared > 2;
    case Relevance::kStrict:
      return shared > 3;
    case Relevance::kExact:
      return jaccard == 1;
    case Relevance::kJaccard50:
      return jaccard >= 0.5;
  }
  return false;
}

const RuleMetrics& RetrievalMetrics::rule(Relevance relevance) const {
  return rules[static_cast<size_t>(relevance)];
}

QueryMetrics MeasureQuery(const Overlaps& overlaps) {
  QueryMetrics out;
  RankedQuery query;
  query.relevant.resize(overlaps.shared.size());
  query.gain.assign(overlaps.shared.begin(), overlaps.shared.end());
  for (size_t rule = 0; rule < kRelevances.size(); ++rule)
    out.rules[rule] = MeasureRule(&query, kRelevances[rule], overlaps);
  out.acg_at_10 = AcgAtK(query, kTopAnswers);
  const bool has_gain =
      std::any_of(overlaps.shared.begin(), overlaps.shared.end(), [](int s) { return s > 0; });
  for (size_t i = 0; i < overlaps.shared.size(); ++i) query.relevant[i] = overlaps.shared[i] > 0;
  out.wap_at_10 = has_gain ? WapAtK(query, kTopAnswers) : kLeftOut;
  out.ndcg_at_10_shared = has_gain ? NdcgAtK(query, kTopAnswers) : kLeftOut;
  query.gain = ExponentialGain(query.gain);
  out.ndcg_at_10_exp = has_gain ? NdcgAtK(query, kTopAnswers) : kLeftOut;
  query.gain = overlaps.jaccard;
  out.ndcg_at_10_jaccard = has_gain ? NdcgAtK(query, kTopAnswers) : kLeftOut;
  out.mean_jaccard_at_5 = AcgAtK(query, kShownAnswers);
  return out;
}

RetrievalMetrics Summarize(absl::Span<const QueryMetrics> queries) {
  RetrievalMetrics out;
  out.images = static_cast<int64_t>(queries.size());
  for (size_t rule = 0; rule < kRelevances.size(); ++rule)
    out.rules.push_back(SummarizeRule(queries, rule));
  out.ndcg_excluded = std::count_if(queries.begin(), queries.end(), [](const QueryMetrics& query) {
    return std::isnan(query.ndcg_at_10_shared);
  });
  const std::pair<double RetrievalMetrics::*, double QueryMetrics::*> means[] = {
      {&RetrievalMetrics::ndcg_at_10_shared, &QueryMetrics::ndcg_at_10_shared},
      {&RetrievalMetrics::ndcg_at_10_jaccard, &QueryMetrics::ndcg_at_10_jaccard},
      {&RetrievalMetrics::ndcg_at_10_exp, &QueryMetrics::ndcg_at_10_exp},
      {&RetrievalMetrics::acg_at_10, &QueryMetrics::acg_at_10},
      {&RetrievalMetrics::wap_at_10, &QueryMetrics::wap_at_10},
      {&RetrievalMetrics::mean_jaccard_at_5, &QueryMetrics::mean_jaccard_at_5}};
  for (const auto& [total, one] : means) {
    out.*total = MeanOver(queries, [one = one](const QueryMetrics& query) { return query.*one; });
  }
  return out;
}

RetrievalResult EvaluateRetrieval(const LabelledRows& queries, const LabelledRows& gallery, int dim,
                                  absl::Span<const int64_t> own_rows) {
  const LabelSets asked(queries.labels), items(gallery.labels);
  const int64_t n = gallery.labels.n;
  const bool any_own =
      std::any_of(own_rows.begin(), own_rows.end(), [](int64_t row) { return row >= 0; });
  RetrievalResult out;
  out.k = static_cast<int>(std::clamp<int64_t>(n - (any_own ? 1 : 0), 0, kTopAnswers));
  ForEachQuery(queries, gallery, dim, [&](int64_t query, const float* similarity) {
    std::vector<int64_t> order = OtherRows(n, own_rows.empty() ? -1 : own_rows[query]);
    std::sort(order.begin(), order.end(), [similarity](int64_t a, int64_t b) {
      return similarity[a] != similarity[b] ? similarity[a] > similarity[b] : a < b;
    });
    out.top.insert(out.top.end(), order.begin(), order.begin() + out.k);
    out.queries.push_back(MeasureQuery(OverlapsInOrder(asked, query, items, order)));
  });
  out.metrics = Summarize(out.queries);
  return out;
}

RetrievalResult EvaluateRetrieval(absl::Span<const float> vectors, int dim,
                                  const LabelMatrix& labels) {
  std::vector<int64_t> own_rows(labels.n);
  std::iota(own_rows.begin(), own_rows.end(), 0);
  const LabelledRows rows{vectors, labels};
  return EvaluateRetrieval(rows, rows, dim, own_rows);
}

std::vector<int64_t> OtherRows(int64_t n, int64_t query) {
  std::vector<int64_t> others;
  others.reserve(n);
  for (int64_t i = 0; i < n; ++i) {
    if (i != query) others.push_back(i);
  }
  return others;
}

std::map<std::string, std::vector<double>> PerQueryValues(absl::Span<const QueryMetrics> queries) {
  const auto rule = [](Relevance relevance, double QueryRuleMetrics::*member) {
    return [=](const QueryMetrics& query) {
      return query.rules[static_cast<size_t>(relevance)].*member;
    };
  };
  const auto plain = [](double QueryMetrics::*member) {
    return [=](const QueryMetrics& query) { return query.*member; };
  };
  const std::map<std::string, std::function<double(const QueryMetrics&)>> columns = {
      {"recall_at_1", rule(Relevance::kMoreThan2, &QueryRuleMetrics::recall_at_1)},
      {"recall_at_1_strict", rule(Relevance::kStrict, &QueryRuleMetrics::recall_at_1)},
      {"recall_at_1_j50", rule(Relevance::kJaccard50, &QueryRuleMetrics::recall_at_1)},
      {"recall_at_1_exact", rule(Relevance::kExact, &QueryRuleMetrics::recall_at_1)},
      {"precision_at_10_any", rule(Relevance::kAny, &QueryRuleMetrics::precision_at_10)},
      {"map_at_r_j50", rule(Relevance::kJaccard50, &QueryRuleMetrics::map_at_r)},
      {"retrieval_map_j50", rule(Relevance::kJaccard50, &QueryRuleMetrics::average_precision)},
      {"ndcg_at_10", plain(&QueryMetrics::ndcg_at_10_shared)},
      {"ndcg_at_10_jaccard", plain(&QueryMetrics::ndcg_at_10_jaccard)},
      {"ndcg_at_10_exp", plain(&QueryMetrics::ndcg_at_10_exp)},
      {"acg_at_10", plain(&QueryMetrics::acg_at_10)},
      {"wap_at_10", plain(&QueryMetrics::wap_at_10)},
      {"mean_jaccard_at_5", plain(&QueryMetrics::mean_jaccard_at_5)}};
  std::map<std::string, std::vector<double>> out;
  for (const auto& [name, value] : columns) {
    for (const QueryMetrics& query : queries) out[name].push_back(value(query));
  }
  return out;
}

}  // namespace lookbook
