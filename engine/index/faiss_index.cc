#include "engine/index/faiss_index.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "engine/index/exact_top_k.h"
#include "engine/index/score_rows.h"
#include "engine/index/search_checks.h"

namespace lookbook {
namespace {

// Candidates beyond the k asked for. The gap between the k-th and the last candidate must exceed
// the float32 error bound (8e-6 at 128 dimensions), or the query costs a second pass; with 16 more
// it nearly always does, unless rows are duplicates.
// Scores of 16-bit vectors (bound 1e-3) and of rounded ones need a wider gap.
int64_t Slack(int64_t k, float error_bound) {
  return error_bound < 1e-4f ? std::max<int64_t>(16, k / 16) : std::max<int64_t>(128, k);
}

std::vector<int64_t> ListRows(const RowSet& set) {
  std::vector<int64_t> rows;
  rows.reserve(static_cast<size_t>(set.Count()));
  for (size_t i = 0; i < set.words().size(); ++i) {
    for (uint64_t word = set.words()[i]; word != 0; word &= word - 1) {
      rows.push_back(static_cast<int64_t>(i * 64) + std::countr_zero(word));
    }
  }
  return rows;
}

// One more than top_k when a row is excluded: at most that one row of the best can drop out.
int64_t Wanted(const QueryOptions& options) {
  return options.top_k + (options.excluded_row >= 0 ? 1 : 0);
}

}  // namespace

absl::StatusOr<std::vector<std::vector<Neighbor>>> FaissIndex::Search(
    absl::Span<const float> queries, absl::Span<const QueryOptions> options) const {
  LB_RETURN_IF_ERROR(CheckSearch(queries, options, dim(), size()));
  return CatchToStatus("index search", [&]() -> absl::StatusOr<std::vector<std::vector<Neighbor>>> {
    std::vector<std::vector<Neighbor>> results(options.size());
    for (const Group& group : GroupByFilter(options)) {
      LB_RETURN_IF_ERROR(SearchGroup({queries, options}, group, &results));
    }
    return results;
  });
}

absl::StatusOr<std::vector<float>> FaissIndex::Vector(int64_t row) const {
  if (row < 0 || row >= size()) {
    return absl::OutOfRangeError(absl::StrCat("row ", row, " is not in 0 to ", size() - 1));
  }
  std::vector<float> decoded;
  const absl::Span<const float> values = scan_->row(row, &decoded);
  return std::vector<float>(values.begin(), values.end());
}

std::vector<FaissIndex::Group> FaissIndex::GroupByFilter(absl::Span<const QueryOptions> options) {
  std::vector<Group> groups;
  for (size_t i = 0; i < options.size(); ++i) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& g) { return g.allowed == options[i].allowed; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{options[i].allowed, {}});
    group->members.push_back(i);
  }
  return groups;
}

absl::Status FaissIndex::SearchGroup(const Batch& batch, const Group& group,
                                     std::vector<std::vector<Neighbor>>* results) const {
  std::vector<int64_t> allowed;
  if (group.allowed != nullptr) allowed = ListRows(*group.allowed);
  const int64_t qualifying =
      group.allowed != nullptr ? static_cast<int64_t>(allowed.size()) : size();
  if (qualifying == 0) return absl::OkStatus();

  int64_t wanted = 0;
  std::vector<float> queries;
  queries.reserve(group.members.size() * dim());
  for (size_t member : group.members) {
    wanted = std::max(wanted, Wanted(batch.options[member]));
    const absl::Span<const float> query = batch.queries.subspan(member * dim(), dim());
    queries.insert(queries.end(), query.begin(), query.end());
  }
  const float bound = scan_->ScoreErrorBound();
  const int64_t k = std::min(qualifying, wanted + Slack(wanted, bound));
  LB_ASSIGN_OR_RETURN(const VectorScan::Hits hits,
                      scan_->TopK(queries, k, group.allowed != nullptr ? &allowed : nullptr));

  for (size_t i = 0; i < group.members.size(); ++i) {
    const QueryOptions& options = batch.options[group.members[i]];
    const absl::Span<const float> query = absl::MakeConstSpan(queries).subspan(i * dim(), dim());
    const auto rows = absl::MakeConstSpan(hits.rows).subspan(i * k, k);
    ExactTopK top(options, ScoreRows(*scan_, query, rows));
    if (k < qualifying && !top.Complete(hits.scores[(i + 1) * k - 1], bound)) {
      LB_ASSIGN_OR_RETURN(const std::vector<int64_t> all,
                          scan_->RowsAbove(query, top.RowsAbove(bound), group.allowed));
      top = ExactTopK(options, ScoreRows(*scan_, query, all));
    }
    (*results)[group.members[i]] = std::move(top).Take();
  }
  return absl::OkStatus();
}

}  // namespace lookbook
