#include "models/evaluate/retrieval.h"

#include <Eigen/Dense>
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>

namespace lookbook {
namespace {

constexpr int kTop = 10;
constexpr int kShown = 5;

// Label sets as bitmaps, so that overlaps are a few machine words.
class LabelSets {
 public:
  explicit LabelSets(const LabelMatrix& labels)
      : words_((labels.classes + 63) / 64), bits_(labels.n * words_), sizes_(labels.n) {
    for (int64_t row = 0; row < labels.n; ++row) {
      for (int j = 0; j < labels.classes; ++j) {
        if (!labels.at(row, j)) continue;
        bits_[row * words_ + j / 64] |= uint64_t{1} << (j % 64);
        ++sizes_[row];
      }
    }
  }
  int Shared(int64_t a, int64_t b) const {
    int shared = 0;
    for (int w = 0; w < words_; ++w)
      shared += std::popcount(bits_[a * words_ + w] & bits_[b * words_ + w]);
    return shared;
  }
  // 0 when both are empty.
  double Jaccard(int64_t a, int64_t b, int shared) const {
    const int together = sizes_[a] + sizes_[b] - shared;
    return together == 0 ? 0 : static_cast<double>(shared) / together;
  }

 private:
  int words_;
  std::vector<uint64_t> bits_;
  std::vector<int> sizes_;
};

// One query against the whole gallery, in some order.
struct Overlaps {
  std::vector<int> shared;
  std::vector<double> jaccard;
};

Overlaps OverlapsInOrder(const LabelSets& sets, int64_t query, const std::vector<int64_t>& order) {
  Overlaps out;
  out.shared.reserve(order.size());
  out.jaccard.reserve(order.size());
  for (const int64_t item : order) {
    out.shared.push_back(sets.Shared(query, item));
    out.jaccard.push_back(sets.Jaccard(query, item, out.shared.back()));
  }
  return out;
}

// What one query contributes.
struct QueryValues {
  double recall_at_1 = 0, precision_at_10 = 0, map_at_r = 0;
};

// Sums of queries, divided at the end.
class Totals {
 public:
  explicit Totals(int64_t images) {
    metrics_.images = images;
    for (const Relevance relevance : kRelevances)
      metrics_.rules.push_back({.relevance = relevance});
  }

  void AddRule(size_t rule, int64_t relevant, const QueryValues& values) {
    RuleMetrics& sum = metrics_.rules[rule];
    if (relevant == 0) {
      ++sum.excluded;
      return;
    }
    ++sum.queries;
    sum.recall_at_1 += values.recall_at_1;
    sum.precision_at_10 += values.precision_at_10;
    sum.map_at_r += values.map_at_r;
  }

  // `ndcg_shared` and `ndcg_jaccard` are left out where nothing has a gain.
  void AddGraded(bool has_gain, double ndcg_shared, double ndcg_jaccard, double acg,
                 double jaccard_at_5) {
    metrics_.ndcg_excluded += !has_gain;
    metrics_.ndcg_at_10_shared += has_gain ? ndcg_shared : 0;
    metrics_.ndcg_at_10_jaccard += has_gain ? ndcg_jaccard : 0;
    metrics_.acg_at_10 += acg;
    metrics_.mean_jaccard_at_5 += jaccard_at_5;
  }

  RetrievalMetrics Finish() {
    for (RuleMetrics& rule : metrics_.rules) {
      for (double* value : {&rule.recall_at_1, &rule.precision_at_10, &rule.map_at_r})
        Divide(value, rule.queries);
    }
    const int64_t graded = metrics_.images - metrics_.ndcg_excluded;
    Divide(&metrics_.ndcg_at_10_shared, graded);
    Divide(&metrics_.ndcg_at_10_jaccard, graded);
    Divide(&metrics_.acg_at_10, metrics_.images);
    Divide(&metrics_.mean_jaccard_at_5, metrics_.images);
    return metrics_;
  }

 private:
  static void Divide(double* sum, int64_t count) {
    *sum = count == 0 ? 0 : *sum / static_cast<double>(count);
  }
  RetrievalMetrics metrics_;
};

template <typename T>
double MeanOfFirst(const std::vector<T>& values, size_t k) {
  const size_t end = std::min(k, values.size());
  double sum = 0;
  for (size_t i = 0; i < end; ++i) sum += static_cast<double>(values[i]);
  return end == 0 ? 0 : sum / static_cast<double>(end);
}

void AddRanked(const Overlaps& overlaps, Totals* totals) {
  RankedQuery query;
  query.relevant.resize(overlaps.shared.size());
  for (size_t rule = 0; rule < kRelevances.size(); ++rule) {
    int64_t relevant = 0;
    for (size_t i = 0; i < overlaps.shared.size(); ++i) {
      query.relevant[i] = IsRelevant(kRelevances[rule], overlaps.shared[i], overlaps.jaccard[i]);
      relevant += query.relevant[i];
    }
    totals->AddRule(rule, relevant,
                    {RecallAtK(query, 1), PrecisionAtK(query, kTop), MapAtR(query)});
  }
  query.gain.assign(overlaps.shared.begin(), overlaps.shared.end());
  const bool has_gain =
      std::any_of(overlaps.shared.begin(), overlaps.shared.end(), [](int s) { return s > 0; });
  const double ndcg_shared = NdcgAtK(query, kTop);
  query.gain = overlaps.jaccard;
  totals->AddGraded(has_gain, ndcg_shared, NdcgAtK(query, kTop), MeanOfFirst(overlaps.shared, kTop),
                    MeanOfFirst(overlaps.jaccard, kShown));
}

// Expectations of one query over all orders of `n` items of which `relevant` count.
QueryValues ExpectedValues(int64_t n, int64_t relevant) {
  if (relevant == 0) return {};
  const double rate = static_cast<double>(relevant) / static_cast<double>(n);
  // Places i and j < i are both hits with probability rate * (R - 1) / (n - 1).
  const double next = n == 1 ? 0 : static_cast<double>(relevant - 1) / static_cast<double>(n - 1);
  double sum = 0;
  for (int64_t i = 1; i <= relevant; ++i) {
    sum += rate * (1 + static_cast<double>(i - 1) * next) / static_cast<double>(i);
  }
  const double at_10 = rate * static_cast<double>(std::min<int64_t>(n, kTop)) / kTop;
  return {rate, at_10, sum / static_cast<double>(relevant)};
}

// Expected nDCG@10 of one query: every place holds the mean gain.
template <typename T>
double ExpectedNdcg(const std::vector<T>& gain) {
  std::vector<double> sorted(gain.begin(), gain.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const std::vector<double> flat(sorted.size(), MeanOfFirst(sorted, sorted.size()));
  double best = 0, expected = 0;
  for (size_t i = 0; i < std::min<size_t>(kTop, sorted.size()); ++i) {
    best += sorted[i] / std::log2(static_cast<double>(i) + 2);
    expected += flat[i] / std::log2(static_cast<double>(i) + 2);
  }
  return best == 0 ? 0 : expected / best;
}

std::vector<int64_t> Others(int64_t n, int64_t query) {
  std::vector<int64_t> others;
  others.reserve(n);
  for (int64_t i = 0; i < n; ++i) {
    if (i != query) others.push_back(i);
  }
  return others;
}

// Calls `fn(query, similarities to all rows)`; similarities come in blocks of rows, so memory stays
// small.
void ForEachQuery(absl::Span<const float> vectors, int dim, int64_t n,
                  const std::function<void(int64_t, const float*)>& fn) {
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> all(vectors.data(), n, dim);
  constexpr int64_t kBlock = 256;
  for (int64_t start = 0; start < n; start += kBlock) {
    const int64_t rows = std::min(kBlock, n - start);
    const RowMajor block = all.middleRows(start, rows) * all.transpose();
    for (int64_t i = 0; i < rows; ++i) fn(start + i, block.data() + i * n);
  }
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

RetrievalResult EvaluateRetrieval(absl::Span<const float> vectors, int dim,
                                  const LabelMatrix& labels) {
  const LabelSets sets(labels);
  Totals totals(labels.n);
  RetrievalResult out;
  out.k = static_cast<int>(std::min<int64_t>(kTop, std::max<int64_t>(labels.n - 1, 0)));
  ForEachQuery(vectors, dim, labels.n, [&](int64_t query, const float* similarity) {
    std::vector<int64_t> order = Others(labels.n, query);
    std::sort(order.begin(), order.end(), [similarity](int64_t a, int64_t b) {
      return similarity[a] != similarity[b] ? similarity[a] > similarity[b] : a < b;
    });
    out.top.insert(out.top.end(), order.begin(), order.begin() + out.k);
    AddRanked(OverlapsInOrder(sets, query, order), &totals);
  });
  out.metrics = totals.Finish();
  return out;
}

RetrievalMetrics ExpectedAtRandom(const LabelMatrix& labels) {
  const LabelSets sets(labels);
  Totals totals(labels.n);
  for (int64_t query = 0; query < labels.n; ++query) {
    const Overlaps overlaps = OverlapsInOrder(sets, query, Others(labels.n, query));
    const int64_t n = static_cast<int64_t>(overlaps.shared.size());
    for (size_t rule = 0; rule < kRelevances.size(); ++rule) {
      int64_t relevant = 0;
      for (int64_t i = 0; i < n; ++i) {
        relevant += IsRelevant(kRelevances[rule], overlaps.shared[i], overlaps.jaccard[i]);
      }
      totals.AddRule(rule, relevant, ExpectedValues(n, relevant));
    }
    const double shared = MeanOfFirst(overlaps.shared, overlaps.shared.size());
    totals.AddGraded(shared > 0, ExpectedNdcg(overlaps.shared), ExpectedNdcg(overlaps.jaccard),
                     shared, MeanOfFirst(overlaps.jaccard, overlaps.jaccard.size()));
  }
  return totals.Finish();
}

RetrievalMetrics RankByLabelFrequency(const LabelMatrix& labels) {
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
  Totals totals(labels.n);
  for (int64_t query = 0; query < labels.n; ++query) {
    std::vector<int64_t> others = order;
    others.erase(std::find(others.begin(), others.end(), query));
    AddRanked(OverlapsInOrder(sets, query, others), &totals);
  }
  return totals.Finish();
}

}  // namespace lookbook
