// The metrics' word for an index.
#pragma once

#include "engine/index/vector_index.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {

// By its spec; kFlat for one that index_spec.h does not know.
SearchKind SearchKindOf(const VectorIndex& index);

}  // namespace lookbook
