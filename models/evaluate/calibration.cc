#include "models/evaluate/calibration.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "models/evaluate/label_overlap.h"
#include "models/evaluate/retrieval.h"
#include "models/evaluate/thresholds.h"

namespace lookbook {
namespace {

constexpr size_t kServed = 10;  // What a search returns by default.
constexpr int64_t kOthers = 10;
constexpr int kMostBlocks = 32;  // Two knots each.
constexpr int kFolds = 5;
constexpr double kNovelShare = 0.01;

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Of one query.
struct QueryPairs {
  std::vector<JudgedPair> served;  // Nearest first, at least one.
  std::vector<JudgedPair> others;
};

absl::Status CheckSet(const CalibrationSet& set) {
  const LabelMatrix &queries = set.query_labels, &gallery = set.gallery_labels;
  if (queries.n < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("calibration needs at least 2 queries; ", set.source, " has ", queries.n));
  }
  const bool fits =
      set.dim > 0 && queries.classes == gallery.classes &&
      static_cast<int64_t>(set.query_vectors.size()) == queries.n * set.dim &&
      static_cast<int64_t>(set.query_scores.size()) == queries.n * queries.classes &&
      static_cast<int64_t>(set.gallery_vectors.size()) == gallery.n * set.dim &&
      (set.own_rows.empty() || static_cast<int64_t>(set.own_rows.size()) == queries.n);
  if (!fits) return absl::InvalidArgumentError("calibration: sizes do not fit");
  const int64_t own = set.own_rows.empty() ? 0 : 1;
  if (gallery.n > own) return absl::OkStatus();
  return absl::InvalidArgumentError("calibration: the gallery holds no item to find");
}

struct PickedRows {
  std::vector<int64_t> served;  // Nearest first.
  std::vector<int64_t> others;  // A few of the rest, which differ from one query to the next.
};

PickedRows PickRows(const float* similarity, int64_t n, int64_t own, int64_t query) {
  std::vector<int64_t> rows = OtherRows(n, own);
  const size_t near = std::min(kServed, rows.size());
  const auto end = rows.begin() + static_cast<ptrdiff_t>(near);
  std::partial_sort(rows.begin(), end, rows.end(), [similarity](int64_t a, int64_t b) {
    return similarity[a] != similarity[b] ? similarity[a] > similarity[b] : a < b;
  });
  PickedRows picked;
  picked.served.assign(rows.begin(), end);
  std::sort(end, rows.end());
  const int64_t left = static_cast<int64_t>(rows.size() - near);
  const int64_t others = std::min(kOthers, left);
  for (int64_t i = 0; i < others; ++i)
    picked.others.push_back(end[(query + i * left / others) % left]);
  return picked;
}

std::vector<QueryPairs> JudgePairs(const CalibrationSet& set) {
  const LabelSets queries(set.query_labels), gallery(set.gallery_labels);
  const int64_t n = set.gallery_labels.n, q = set.query_labels.n;
  const Eigen::Map<const RowMajor> items(set.gallery_vectors.data(), n, set.dim);
  const Eigen::Map<const RowMajor> asked(set.query_vectors.data(), q, set.dim);
  std::vector<QueryPairs> out;
  constexpr int64_t kBlock = 128;
  for (int64_t start = 0; start < q; start += kBlock) {
    const int64_t size = std::min(kBlock, q - start);
    const RowMajor block = asked.middleRows(start, size) * items.transpose();
    for (int64_t i = 0; i < size; ++i) {
      const float* similarity = block.data() + i * n;
      const int64_t query = start + i;
      const auto judge = [&](int64_t row) -> JudgedPair {
        const int shared = queries.Shared(query, gallery, row);
        return {std::clamp(similarity[row], -1.0F, 1.0F),
                IsRelevant(Relevance::kJaccard50, shared, queries.Jaccard(query, gallery, row))};
      };
      const int64_t own = set.own_rows.empty() ? -1 : set.own_rows[query];
      const PickedRows rows = PickRows(similarity, n, own, query);
      QueryPairs pairs;
      for (const int64_t row : rows.served) pairs.served.push_back(judge(row));
      for (const int64_t row : rows.others) pairs.others.push_back(judge(row));
      out.push_back(std::move(pairs));
    }
  }
  return out;
}

// Of the queries that `uses`: all that is served, and of the others those that are less similar
// than anything served. There the curve has nothing else to go by; further up they would say what
// is relevant among all items, which is another question.
std::vector<JudgedPair> PairsToFit(const std::vector<QueryPairs>& queries,
                                   const std::function<bool(size_t)>& uses) {
  std::vector<JudgedPair> pairs;
  float least = 2;
  for (size_t query = 0; query < queries.size(); ++query) {
    if (!uses(query)) continue;
    const std::vector<JudgedPair>& served = queries[query].served;
    pairs.insert(pairs.end(), served.begin(), served.end());
    least = std::min(least, served.back().similarity);
  }
  for (size_t query = 0; query < queries.size(); ++query) {
    if (!uses(query)) continue;
    for (const JudgedPair& pair : queries[query].others) {
      if (pair.similarity < least) pairs.push_back(pair);
    }
  }
  return pairs;
}

std::vector<Knot> FitKnots(std::vector<JudgedPair> pairs) {
  return ToKnots(JoinBlocks(FitIsotonic(std::move(pairs)), kMostBlocks));
}

// Of a similarity, asked by a query.
using ProbabilityOf = std::function<double(size_t query, float similarity)>;

// Over the first `answers` that a search would return, with each query's own idea of probability.
std::vector<ReliabilityBin> ReliabilityOf(const std::vector<QueryPairs>& queries, size_t answers,
                                          const ProbabilityOf& probability) {
  std::vector<double> probabilities;
  std::vector<uint8_t> relevant;
  for (size_t query = 0; query < queries.size(); ++query) {
    const std::vector<JudgedPair>& served = queries[query].served;
    for (const JudgedPair& pair : absl::MakeConstSpan(served).subspan(0, answers)) {
      probabilities.push_back(probability(query, pair.similarity));
      relevant.push_back(pair.relevant);
    }
  }
  return Reliability(probabilities, relevant);
}

// Of the curve that was fitted without the query's fold.
ProbabilityOf CrossFitted(const std::vector<QueryPairs>& queries) {
  const size_t folds = std::min<size_t>(kFolds, queries.size());
  std::vector<std::vector<Knot>> curves;
  for (size_t fold = 0; fold < folds; ++fold)
    curves.push_back(
        FitKnots(PairsToFit(queries, [=](size_t query) { return query % folds != fold; })));
  return [curves = std::move(curves), folds](size_t query, float similarity) {
    return ProbabilityAt(curves[query % folds], similarity);
  };
}

void MeasureBaselines(const CalibrationSet& set, const std::vector<QueryPairs>& queries,
                      CalibrationResult* out) {
  std::vector<double> best;
  out->top1_counts.assign(std::size(kTop1Bounds) + 1, 0);
  for (const QueryPairs& pairs : queries) {
    best.push_back(pairs.served.front().similarity);
    const auto bound =
        std::lower_bound(std::begin(kTop1Bounds), std::end(kTop1Bounds), best.back());
    ++out->top1_counts[bound - std::begin(kTop1Bounds)];
  }
  out->novelty_similarity = static_cast<float>(Quantile(best, kNovelShare));
  const int classes = set.query_labels.classes;
  for (int j = 0; j < classes; ++j) {
    int64_t predicted = 0;
    for (int64_t row = 0; row < set.query_labels.n; ++row)
      predicted += set.query_scores[row * classes + j] > out->thresholds[j];
    out->predicted_share.push_back(static_cast<double>(predicted) /
                                   static_cast<double>(set.query_labels.n));
  }
}

}  // namespace

absl::StatusOr<CalibrationResult> Calibrate(const CalibrationSet& set) {
  if (absl::Status status = CheckSet(set); !status.ok()) return status;
  const std::vector<QueryPairs> queries = JudgePairs(set);
  CalibrationResult out;
  out.source = set.source;
  out.queries = set.query_labels.n;
  std::vector<JudgedPair> pairs = PairsToFit(queries, [](size_t) { return true; });
  out.pairs = static_cast<int64_t>(pairs.size());
  out.knots = FitKnots(std::move(pairs));
  out.ece_before = ExpectedCalibrationError(ReliabilityOf(
      queries, kServed, [](size_t, float similarity) { return std::max(similarity, 0.0F); }));
  const ProbabilityOf cross_fitted = CrossFitted(queries);
  out.reliability = ReliabilityOf(queries, kServed, cross_fitted);
  out.reliability_first = ReliabilityOf(queries, 1, cross_fitted);
  out.ece_after = ExpectedCalibrationError(out.reliability);
  out.thresholds = TuneThresholds(set.query_scores, set.query_labels);
  MeasureBaselines(set, queries, &out);
  return out;
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const size_t below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace lookbook
