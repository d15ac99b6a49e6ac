// neighbors.json of a work folder: the fixed queries of a run's report, for comparing it with
// others.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/study/run_study.h"

namespace lookbook {

// {"queries", "overlap", "items", "fixed": [{"id", "path", "labels", "overlap", "answers": [{"id",
// "similarity", "labels"}]}]}, indented: all but the best, the worst and the pictures.
std::string NeighborsToJson(const NeighborStudy& study);
// DataLoss: not such a text.
absl::StatusOr<NeighborStudy> NeighborsFromJson(absl::string_view json);

}  // namespace lookbook
