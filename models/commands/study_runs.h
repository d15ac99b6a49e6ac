// The runs behind a study's rows: what a work folder and its bundle say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/child_process.h"
#include "models/dataset/fashion_data.h"
#include "models/evaluate/bundle_evaluator.h"
#include "models/evaluate/comparison.h"
#include "models/recipe/recipe.h"
#include "models/study/study_row.h"

namespace lookbook {

// How a run's process ended, kept beside its log: a run that is only looked at again says nothing
// of its time and memory.
struct RunOutcome {
  int exit_code = 0;
  int64_t peak_rss_bytes = 0;
  std::string message;  // Of a failure: the last line that the log holds.
};
// Joins what `now` tells to what OUTCOME.json said of the same recipe text.
absl::StatusOr<RunOutcome> RememberOutcome(const std::string& path, const std::string& recipe_text,
                                           const ChildResult& now, const std::string& log);

// The queries that all rows are measured on.
struct StudyQueries {
  std::string name;  // "holdout", "test".
  FashionData data;
  std::vector<float> prevalence;  // Of each class in the training part.
};

struct MeasuredRun {
  StudyRow row;
  std::optional<RunOutputs> outputs;  // Absent: there is no bundle of its own.
};

// The finished run in `work`, published into `bundles`. FailedPrecondition: the bundle's index
// holds queries, so it was trained on them.
absl::StatusOr<MeasuredRun> MeasureRun(const Recipe& recipe, const std::string& work,
                                       const std::string& bundles, const StudyQueries& queries,
                                       const BootstrapOptions& bootstrap);
// A run without figures: it left no bundle, or one that cannot be measured on the queries.
StudyRow FailedRow(const Recipe& recipe, const std::string& work, const std::string& failure);

// A recipe that was not run because `same_as` trains the same.
StudyRow TwinRow(const Recipe& recipe, const std::string& same_as);

// "chance" (an expectation: without intervals), "label frequency", "raw pixels 8x8".
absl::StatusOr<std::vector<StudyRow>> MeasureBaselines(const StudyQueries& queries,
                                                       const BootstrapOptions& bootstrap);

}  // namespace lookbook
