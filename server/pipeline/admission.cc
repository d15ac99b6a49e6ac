#include "server/pipeline/admission.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "base/retry_pushback.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

// Below it a vector is rounding noise; the same bound as torch's normalize().
constexpr double kMinLength = 1e-12;

template <typename Entries>
std::vector<uint32_t> SortedIds(const Entries& entries) {
  std::vector<uint32_t> ids;
  ids.reserve(entries.size());
  for (const auto& entry : entries) ids.push_back(entry.id());
  std::sort(ids.begin(), ids.end());
  return ids;
}

// A list longer than `known` repeats itself; refusing it bounds what a filter can cost.
absl::Status CheckIds(absl::string_view what, const std::vector<uint32_t>& ids,
                      const std::vector<uint32_t>& known) {
  if (ids.size() > known.size()) {
    return InvalidArgument("bad_filter", absl::StrCat(what, " has ", ids.size(),
                                                      " ids, the bundle has ", known.size()));
  }
  for (const uint32_t id : ids) {
    if (!std::binary_search(known.begin(), known.end(), id)) {
      return InvalidArgument("bad_filter", absl::StrCat(what, ": the bundle has no id ", id));
    }
  }
  return absl::OkStatus();
}

template <typename Entries>
absl::Status CheckFilter(absl::string_view what, const IdFilter& filter, const Entries& entries) {
  if (filter.empty()) return absl::OkStatus();
  const std::vector<uint32_t> known = SortedIds(entries);
  LB_RETURN_IF_ERROR(CheckIds(absl::StrCat(what, ".any"), filter.any, known));
  LB_RETURN_IF_ERROR(CheckIds(absl::StrCat(what, ".all"), filter.all, known));
  return CheckIds(absl::StrCat(what, ".none"), filter.none, known);
}

}  // namespace

absl::Status CheckQuery(const Query& query, const Bundle& bundle) {
  if (!query.search) return absl::OkStatus();
  if (query.top_k < 1 || query.top_k > kMaxTopK) {
    return InvalidArgument("bad_k",
                           absl::StrCat("top_k ", query.top_k, " is not in 1 to ", kMaxTopK));
  }
  const bool unset = query.min_similarity == Query().min_similarity;
  if (!unset && !(query.min_similarity >= -1 && query.min_similarity <= 1)) {
    return InvalidArgument("bad_similarity", absl::StrCat("min_similarity ", query.min_similarity,
                                                          " is not in -1 to 1"));
  }
  LB_RETURN_IF_ERROR(CheckFilter("class_filter", query.class_filter, bundle.manifest.classes()));
  return CheckFilter("attribute_filter", query.attribute_filter, bundle.manifest.attributes());
}

absl::Status CheckTimeLeft(const Query& query, absl::Time now, const WorkAhead& ahead,
                           const WaitEstimator& estimator) {
  if (estimator.HasIdleWorker(ahead) || query.deadline == absl::InfiniteFuture()) {
    return absl::OkStatus();
  }
  const bool picture = query.kind == QueryKind::kImage;
  const std::optional<WaitEstimator::Times> times = estimator.Estimate(now, ahead, picture);
  const absl::Duration left = query.deadline - now;
  if (!times || times->stay <= left) return absl::OkStatus();
  absl::Status status = absl::ResourceExhaustedError(absl::StrCat(
      "the answer would take about ",
      absl::FormatDuration(absl::Trunc(times->stay, absl::Milliseconds(1))),
      ", the deadline comes in ", absl::FormatDuration(absl::Trunc(left, absl::Milliseconds(1))),
      "; try again later"));
  return WithRetryPushback(WithReason(std::move(status), "deadline_too_short"), times->wait);
}

absl::StatusOr<std::vector<float>> UnitVector(absl::Span<const float> vector, int dim) {
  if (static_cast<int>(vector.size()) != dim) {
    return InvalidArgument("bad_vector",
                           absl::StrCat("the vector has ", vector.size(),
                                        " values, the bundle's embeddings have ", dim));
  }
  double squares = 0;  // Squares of finite floats cannot overflow a double.
  for (size_t i = 0; i < vector.size(); ++i) {
    if (!std::isfinite(vector[i])) {
      return InvalidArgument("bad_vector",
                             absl::StrCat("value ", i, " of the vector is ", vector[i]));
    }
    squares += double{vector[i]} * vector[i];
  }
  const double length = std::sqrt(squares);
  if (length < kMinLength) {
    return InvalidArgument("bad_vector",
                           absl::StrCat("the vector has length ", length, " and no direction"));
  }
  std::vector<float> unit(vector.size());
  std::transform(vector.begin(), vector.end(), unit.begin(),
                 [length](float value) { return static_cast<float>(value / length); });
  return unit;
}

absl::Status ResolveVector(InFlight* item) {
  const Bundle& bundle = *item->result.bundle;
  switch (item->query.kind) {
    case QueryKind::kImage:
      return absl::OkStatus();
    case QueryKind::kItem: {
      const absl::StatusOr<int64_t> row = bundle.items->RowOf(item->query.item_id);
      if (absl::IsNotFound(row.status())) return WithReason(row.status(), "unknown_item");
      LB_RETURN_IF_ERROR(row.status());
      item->row = *row;
      LB_ASSIGN_OR_RETURN(item->result.embedding, bundle.index->Vector(*row));
      return absl::OkStatus();
    }
    case QueryKind::kVector: {
      LB_ASSIGN_OR_RETURN(item->result.embedding,
                          UnitVector(item->query.vector, bundle.index->dim()));
      return absl::OkStatus();
    }
  }
  return absl::InternalError("a query of no kind");
}

}  // namespace lookbook
