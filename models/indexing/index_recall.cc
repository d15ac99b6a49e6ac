#include "models/indexing/index_recall.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/index/exact_top_k.h"
#include "engine/index/index_factory.h"
#include "models/dataset/random.h"

namespace lookbook {
namespace {

constexpr uint64_t kSampleSeed = 0x7265636c;

struct Corpus {
  int dim;
  absl::Span<const float> vectors;
  absl::Span<const float> row(int64_t row) const {
    return vectors.subspan(static_cast<size_t>(row) * dim, dim);
  }
};

absl::Span<const float> QueryAt(const RecallQueries& queries, int dim, size_t i) {
  return absl::MakeConstSpan(queries.vectors).subspan(i * dim, dim);
}

// The similarity of each query's last item of the best, and how many there are.
struct Truth {
  std::vector<float> bars;
  std::vector<size_t> counts;
};

absl::StatusOr<Truth> FindTruth(const Corpus& corpus, const RecallQueries& queries) {
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<VectorIndex> flat,
                      BuildIndex(IndexSpec{}, corpus.dim, corpus.vectors));
  std::vector<QueryOptions> options;
  for (const int64_t own : queries.own_rows) {
    options.push_back({.top_k = kRecallTop, .excluded_row = own});
  }
  LB_ASSIGN_OR_RETURN(const auto lists, flat->Search(queries.vectors, options));
  Truth truth;
  for (const std::vector<Neighbor>& list : lists) {
    truth.bars.push_back(list.empty() ? 0 : list.back().similarity);
    truth.counts.push_back(list.size());
  }
  return truth;
}

absl::StatusOr<double> RecallWith(int effort, const VectorIndex& index, const Corpus& corpus,
                                  const RecallQueries& queries, const Truth& truth) {
  const size_t count = queries.own_rows.size();
  // An excluded row would make the search exact: it is asked for, and then left out.
  std::vector<QueryOptions> options(count, {.top_k = kRecallTop, .effort = effort});
  for (size_t i = 0; i < count; ++i) options[i].top_k += queries.own_rows[i] >= 0 ? 1 : 0;
  LB_ASSIGN_OR_RETURN(auto lists, index.Search(queries.vectors, options));
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    std::erase_if(lists[i], [&](const Neighbor& n) { return n.row == queries.own_rows[i]; });
    if (lists[i].size() > truth.counts[i]) lists[i].resize(truth.counts[i]);
    const auto query = QueryAt(queries, corpus.dim, i);
    const auto found = std::count_if(lists[i].begin(), lists[i].end(), [&](const Neighbor& n) {
      return Similarity(query, corpus.row(n.row)) >= truth.bars[i];
    });
    sum += truth.counts[i] == 0 ? 1 : static_cast<double>(found) / truth.counts[i];
  }
  return sum / static_cast<double>(count);
}

}  // namespace

RecallQueries SampleItems(absl::Span<const float> vectors, int dim, int64_t seed) {
  RecallQueries queries{.source = "items", .vectors = {}, .own_rows = {}};
  queries.own_rows.resize(vectors.size() / dim);
  std::iota(queries.own_rows.begin(), queries.own_rows.end(), 0);
  if (static_cast<int64_t>(queries.own_rows.size()) > kMaxRecallQueries) {
    Random random(MixSeed({static_cast<uint64_t>(seed), kSampleSeed}));
    random.Shuffle(&queries.own_rows);
    queries.own_rows.resize(kMaxRecallQueries);
    std::sort(queries.own_rows.begin(), queries.own_rows.end());
  }
  const Corpus corpus{dim, vectors};
  for (const int64_t row : queries.own_rows) {
    queries.vectors.insert(queries.vectors.end(), corpus.row(row).begin(), corpus.row(row).end());
  }
  return queries;
}

absl::StatusOr<IndexRecall> MeasureRecall(const IndexSpec& spec, const VectorIndex& index,
                                          absl::Span<const float> vectors,
                                          const RecallQueries& queries) {
  const Corpus corpus{index.dim(), vectors};
  const size_t count = queries.own_rows.size();
  if (count == 0 || queries.vectors.size() != count * corpus.dim ||
      static_cast<int64_t>(vectors.size()) != index.size() * corpus.dim) {
    return absl::InvalidArgumentError(absl::StrCat(
        "recall: ", count, " queries of ", queries.vectors.size(), " values over ", vectors.size(),
        " values do not fit an index of ", index.size(), " rows of ", corpus.dim, " dimensions"));
  }
  LB_ASSIGN_OR_RETURN(const Truth truth, FindTruth(corpus, queries));
  IndexRecall out{.search = "", .queries = static_cast<int64_t>(count), .source = queries.source};
  for (const int effort : SearchEfforts(spec)) {
    LB_ASSIGN_OR_RETURN(out.recall, RecallWith(effort, index, corpus, queries, truth));
    out.search = SearchEffortText(spec, effort);
    if (out.recall >= kWantedRecall) break;
  }
  return out;
}

}  // namespace lookbook
