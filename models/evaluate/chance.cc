#include "models/evaluate/chance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "models/evaluate/label_overlap.h"

namespace lookbook {
namespace {

constexpr double kLeftOut = std::numeric_limits<double>::quiet_NaN();

// Expectations of one query over all orders of `n` items of which `relevant` count.
QueryRuleMetrics ExpectedValues(int64_t n, int64_t relevant) {
  if (relevant == 0) return {kLeftOut, kLeftOut, kLeftOut, kLeftOut};
  const double rate = static_cast<double>(relevant) / static_cast<double>(n);
  // Places i and j < i are both hits with probability rate * (R - 1) / (n - 1).
  const double next = n == 1 ? 0 : static_cast<double>(relevant - 1) / static_cast<double>(n - 1);
  double sum = 0, at_r = 0;
  for (int64_t i = 1; i <= n; ++i) {
    sum += rate * (1 + static_cast<double>(i - 1) * next) / static_cast<double>(i);
    if (i == relevant) at_r = sum;
  }
  const double at_10 = rate * static_cast<double>(std::min<int64_t>(n, kTopAnswers)) / kTopAnswers;
  const double all = static_cast<double>(relevant);
  return {rate, at_10, at_r / all, sum / all};
}

template <typename T>
double MeanOfAll(const std::vector<T>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Expected nDCG@10 of one query: every place holds the mean gain.
double ExpectedNdcg(std::vector<double> gain) {
  std::sort(gain.begin(), gain.end(), std::greater<>());
  const double mean = MeanOfAll(gain);
  double best = 0, expected = 0;
  for (size_t i = 0; i < std::min<size_t>(kTopAnswers, gain.size()); ++i) {
    best += gain[i] / std::log2(static_cast<double>(i) + 2);
    expected += mean / std::log2(static_cast<double>(i) + 2);
  }
  return best == 0 ? kLeftOut : expected / best;
}

QueryMetrics ExpectedQuery(const Overlaps& overlaps) {
  QueryMetrics out;
  const int64_t n = static_cast<int64_t>(overlaps.shared.size());
  for (size_t rule = 0; rule < kRelevances.size(); ++rule) {
    int64_t relevant = 0;
    for (int64_t i = 0; i < n; ++i)
      relevant += IsRelevant(kRelevances[rule], overlaps.shared[i], overlaps.jaccard[i]);
    out.rules[rule] = ExpectedValues(n, relevant);
  }
  const std::vector<double> shared(overlaps.shared.begin(), overlaps.shared.end());
  out.ndcg_at_10_shared = ExpectedNdcg(shared);
  out.ndcg_at_10_exp = ExpectedNdcg(ExponentialGain(shared));
  out.ndcg_at_10_jaccard = ExpectedNdcg(overlaps.jaccard);
  out.acg_at_10 = MeanOfAll(shared);
  out.mean_jaccard_at_5 = MeanOfAll(overlaps.jaccard);
  return out;
}

}  // namespace

RetrievalMetrics ExpectedAtRandom(const LabelMatrix& labels) {
  const LabelSets sets(labels);
  std::vector<QueryMetrics> queries;
  for (int64_t query = 0; query < labels.n; ++query)
    queries.push_back(ExpectedQuery(OverlapsInOrder(sets, query, OtherRows(labels.n, query))));
  RetrievalMetrics out = Summarize(queries);
  out.wap_at_10 = kLeftOut;
  return out;
}

std::vector<QueryMetrics> LabelFrequencyQueries(const LabelMatrix& labels) {
  std::vector<int64_t> support(labels.classes), weight(labels.n), order(labels.n);
  for (int64_t row = 0; row < labels.n; ++row) {
    for (int j = 0; j < labels.classes; ++j) support[j] += labels.at(row, j);
  }
  for (int64_t row = 0; row < labels.n; ++row) {
    for (int j = 0; j < labels.classes; ++j) weight[row] += labels.at(row, j) ? support[j] : 0;
  }
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return weight[a] > weight[b]; });
  const LabelSets sets(labels);
  std::vector<QueryMetrics> queries;
  for (int64_t query = 0; query < labels.n; ++query) {
    std::vector<int64_t> others = order;
    others.erase(std::find(others.begin(), others.end(), query));
    queries.push_back(MeasureQuery(OverlapsInOrder(sets, query, others)));
  }
  return queries;
}

RetrievalMetrics RankByLabelFrequency(const LabelMatrix& labels) {
  return Summarize(LabelFrequencyQueries(labels));
}

}  // namespace lookbook
