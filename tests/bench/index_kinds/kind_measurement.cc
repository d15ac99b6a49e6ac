#include "tests/bench/index_kinds/kind_measurement.h"

#include <time.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "engine/index/exact_top_k.h"
#include "engine/index/index_factory.h"
#include "tests/engine/index/index_data.h"

namespace lookbook {
namespace {

constexpr double kGoodEnough = 0.999;      // More effort would only be slower.
constexpr int64_t kFilteredQueries = 100;  // Each is held against brute force, which is slow.

// Of this process: whoever else uses the machine does not count as long as it leaves the caches
// alone.
double CpuSeconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The first `count` queries, `batch` a call.
absl::StatusOr<Answers> Ask(const VectorIndex& index, const VectorSet& set, int64_t count,
                            int64_t batch, const QueryOptions& query) {
  Answers out;
  for (int64_t i = 0; i < count; i += batch) {
    const int64_t now = std::min(batch, count - i);
    const std::vector<QueryOptions> options(static_cast<size_t>(now), query);
    LB_ASSIGN_OR_RETURN(Answers found, index.Search(set.queries_from(i, now), options));
    std::move(found.begin(), found.end(), std::back_inserter(out));
  }
  return out;
}

// Queries a second of CPU time: the median of passes over the first `count` queries.
absl::StatusOr<double> Speed(const VectorIndex& index, const VectorSet& set, int64_t count,
                             int64_t batch, const QueryOptions& query, double seconds) {
  std::vector<double> passes;
  for (double spent = 0; passes.empty() || spent < seconds; spent += passes.back()) {
    const double begin = CpuSeconds();
    LB_RETURN_IF_ERROR(Ask(index, set, count, batch, query).status());
    passes.push_back(CpuSeconds() - begin);
  }
  const auto middle = passes.begin() + static_cast<std::ptrdiff_t>(passes.size() / 2);
  std::nth_element(passes.begin(), middle, passes.end());
  return static_cast<double>(count) / *middle;
}

// A row as similar as the last true one counts as it: copies cannot be told apart.
double Recall(const VectorSet& set, const Answers& truth, const Answers& found) {
  int64_t hits = 0, all = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const absl::Span<const float> query = set.queries_from(static_cast<int64_t>(i), 1);
    for (const Neighbor& n : found[i]) {
      hits += Similarity(query, set.row(n.row)) >= truth[i].back().similarity ? 1 : 0;
    }
    all += static_cast<int64_t>(truth[i].size());
  }
  return static_cast<double>(hits) / static_cast<double>(all);
}

bool Same(const std::vector<Neighbor>& a, const std::vector<Neighbor>& b) {
  return RowsOf(a) == RowsOf(b) && SimilaritiesOf(a) == SimilaritiesOf(b);
}

// Brute force looks at what the index stores, which for SQ is rounded.
absl::Status MeasureFiltered(const VectorIndex& index, const VectorSet& set,
                             const MeasureKindOptions& options, KindMeasurement* out) {
  std::vector<float> stored;
  for (int64_t row = 0; row < index.size(); ++row) {
    LB_ASSIGN_OR_RETURN(const std::vector<float> vector, index.Vector(row));
    stored.insert(stored.end(), vector.begin(), vector.end());
  }
  const RowSet half = RandomRows(index.size(), 0.5, options.seed);
  const QueryOptions query{.top_k = kBenchTop, .allowed = &half};
  out->filtered_queries = std::min(kFilteredQueries, set.query_count());
  LB_ASSIGN_OR_RETURN(const Answers found, Ask(index, set, out->filtered_queries, 1, query));
  for (int64_t i = 0; i < out->filtered_queries; ++i) {
    const auto wanted =
        ReferenceSelect(ReferenceSimilarities(set.queries_from(i, 1), stored), query);
    out->filtered_exact += Same(found[static_cast<size_t>(i)], wanted) ? 1 : 0;
  }
  LB_ASSIGN_OR_RETURN(out->filtered_queries_per_second,
                      Speed(index, set, set.query_count(), 1, query, options.seconds));
  return absl::OkStatus();
}

absl::StatusOr<EffortMeasurement> MeasureEffort(const IndexSpec& spec, int effort,
                                                const VectorIndex& index, const VectorSet& set,
                                                const Answers& truth,
                                                const MeasureKindOptions& options) {
  const QueryOptions query{.top_k = kBenchTop, .effort = effort};
  const int64_t count = set.query_count();
  EffortMeasurement out{.search = SearchEffortText(spec, effort)};
  LB_ASSIGN_OR_RETURN(const Answers found, Ask(index, set, count, 1, query));
  out.recall = Recall(set, truth, found);
  LB_ASSIGN_OR_RETURN(out.queries_per_second, Speed(index, set, count, 1, query, options.seconds));
  LB_ASSIGN_OR_RETURN(out.batched_queries_per_second,
                      Speed(index, set, count, options.batch, query, options.seconds));
  return out;
}

}  // namespace

absl::StatusOr<Answers> TrueAnswers(const VectorSet& set) {
  LB_ASSIGN_OR_RETURN(const auto flat, BuildIndex(IndexSpec{}, set.dim, set.rows));
  return Ask(*flat, set, set.query_count(), 1, QueryOptions{.top_k = kBenchTop});
}

absl::StatusOr<KindMeasurement> MeasureKind(const IndexSpec& spec, const VectorSet& set,
                                            const Answers& truth,
                                            const MeasureKindOptions& options) {
  KindMeasurement out{.kind = spec.text};
  const double begin = CpuSeconds();
  LB_ASSIGN_OR_RETURN(const auto index, BuildIndex(spec, set.dim, set.rows));
  out.build_seconds = CpuSeconds() - begin;
  out.memory_mib = static_cast<double>(index->memory_bytes()) / (1 << 20);
  for (const int effort : SearchEfforts(spec)) {
    LB_ASSIGN_OR_RETURN(EffortMeasurement one,
                        MeasureEffort(spec, effort, *index, set, truth, options));
    const bool better = out.efforts.empty() || one.recall > out.efforts.back().recall;
    if (!better) break;
    out.efforts.push_back(std::move(one));
    if (out.efforts.back().recall >= kGoodEnough) break;
  }
  LB_RETURN_IF_ERROR(MeasureFiltered(*index, set, options, &out));
  return out;
}

}  // namespace lookbook
