#include "engine/index/approximate_index.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "engine/index/exact_top_k.h"
#include "engine/index/score_rows.h"
#include "engine/index/search_checks.h"

namespace lookbook {
namespace {

bool WantsExact(const QueryOptions& options) {
  return options.exact || options.allowed != nullptr || options.excluded_row >= 0 ||
         options.min_similarity > -1;  // Nothing is below -1.
}

absl::Status CheckEfforts(const IndexSpec& spec, absl::Span<const QueryOptions> options) {
  for (size_t i = 0; i < options.size(); ++i) {
    if (options[i].effort == 0) continue;
    if (const absl::Status status = CheckSearchEffort(spec, options[i].effort); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("query ", i, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::vector<Neighbor>>> ApproximateIndex::Search(
    absl::Span<const float> queries, absl::Span<const QueryOptions> options) const {
  LB_RETURN_IF_ERROR(CheckSearch(queries, options, dim(), size()));
  LB_RETURN_IF_ERROR(CheckEfforts(spec_, options));
  return CatchToStatus("index search", [&]() -> absl::StatusOr<Lists> {
    const Batch batch{queries, options};
    Lists results(options.size());
    Members exact;
    // By top_k as well: the width of a graph's beam follows it, and an answer must not depend on
    // the batch it came in.
    std::map<std::pair<int, int>, Members> shortlists;
    for (size_t i = 0; i < options.size(); ++i) {
      if (WantsExact(options[i])) {
        exact.push_back(i);
      } else {
        shortlists[{options[i].top_k, EffortOf(options[i])}].push_back(i);
      }
    }
    for (const auto& [asked, members] : shortlists) {
      LB_RETURN_IF_ERROR(
          SearchShortlists(batch, asked.first, asked.second, members, &exact, &results));
    }
    if (!exact.empty()) LB_RETURN_IF_ERROR(SearchExactly(batch, exact, &results));
    return results;
  });
}

int ApproximateIndex::EffortOf(const QueryOptions& options) const {
  return options.effort != 0 ? options.effort : effort_;
}

absl::Status ApproximateIndex::SearchShortlists(const Batch& batch, int64_t top_k, int effort,
                                                const Members& members, Members* exact,
                                                Lists* results) const {
  const std::vector<float> queries = Gather(batch, members);
  LB_ASSIGN_OR_RETURN(const VectorScan::Hits hits, scan_.Shortlist(queries, top_k, effort));
  const size_t width = hits.rows.size() / members.size();
  const auto wanted = static_cast<size_t>(std::min(top_k, size()));
  for (size_t i = 0; i < members.size(); ++i) {
    const absl::Span<const float> query = absl::MakeConstSpan(queries).subspan(i * dim(), dim());
    const auto rows = absl::MakeConstSpan(hits.rows).subspan(i * width, width);
    std::vector<Neighbor> best =
        ExactTopK(batch.options[members[i]], ScoreRows(scan_, query, rows)).Take();
    if (best.size() < wanted) {
      exact->push_back(members[i]);
    } else {
      (*results)[members[i]] = std::move(best);
    }
  }
  return absl::OkStatus();
}

absl::Status ApproximateIndex::SearchExactly(const Batch& batch, const Members& members,
                                             Lists* results) const {
  std::vector<QueryOptions> options;
  options.reserve(members.size());
  for (const size_t member : members) options.push_back(batch.options[member]);
  LB_ASSIGN_OR_RETURN(Lists lists, exact_.Search(Gather(batch, members), options));
  for (size_t i = 0; i < members.size(); ++i) (*results)[members[i]] = std::move(lists[i]);
  return absl::OkStatus();
}

std::vector<float> ApproximateIndex::Gather(const Batch& batch, const Members& members) const {
  std::vector<float> queries;
  queries.reserve(members.size() * static_cast<size_t>(dim()));
  for (const size_t member : members) {
    const absl::Span<const float> query = batch.queries.subspan(member * dim(), dim());
    queries.insert(queries.end(), query.begin(), query.end());
  }
  return queries;
}

}  // namespace lookbook
