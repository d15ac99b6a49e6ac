// What can be known about a query before any work is spent on it.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/bundle/bundle.h"
#include "server/pipeline/in_flight.h"

namespace lookbook {

// top_k, min_similarity and both filters. A query without search is always fine.
// InvalidArgument bad_k, bad_similarity, bad_filter: message names the value and the limit.
absl::Status CheckQuery(const Query& query, const Bundle& bundle);

// ResourceExhausted deadline_too_short, with the wait as its retry pushback: `query`'s deadline
// comes before the answer that `estimator` expects for one who finds `ahead` inside. Never while a
// worker has nothing to do, so that a pace that is out of date is measured anew.
absl::Status CheckTimeLeft(const Query& query, absl::Time now, const WorkAhead& ahead,
                           const WaitEstimator& estimator);

// `vector` at unit length. InvalidArgument bad_vector: another size than `dim`, a non-finite value,
// or a length too small to have a direction (below 1e-12).
absl::StatusOr<std::vector<float>> UnitVector(absl::Span<const float> vector, int dim);

// For kItem and kVector: fills item->result.embedding, and item->row, from item->result.bundle.
// NotFound unknown_item; bad_vector as above.
absl::Status ResolveVector(InFlight* item);

}  // namespace lookbook
