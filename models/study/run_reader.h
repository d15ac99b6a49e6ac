// What a work folder says of its run, however far that came.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "models/study/run_study.h"

namespace lookbook {

// Reads recipe.toml, run.json, train/history.json and result.json, evaluation.json, published.json
// and neighbors.json with the pictures it names: of queries from their files, of answers from
// index/items.sqlite. What is not there is left out, for a run may have ended early, and so is what
// steps.json calls the work of an earlier training; calibration, best and worst queries and
// unlabelled pictures are not read.
//
// NotFound: no recipe.toml, so no work folder. DataLoss: a file is damaged; it is named.
absl::StatusOr<RunStudy> ReadRun(const std::string& folder);

// For people: "collapsed".
const char* RunStateName(RunState state);

}  // namespace lookbook
