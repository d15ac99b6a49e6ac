// A list of recipes on one data set, and the tables of what came out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/child_process.h"
#include "models/evaluate/bootstrap.h"
#include "models/recipe/override_recipe.h"
#include "models/study/study_tables.h"

namespace lookbook {

// One recipe to run: `lookbook-train run` with these, its output in `log`.
struct RunRequest {
  std::string recipe, data, work, bundles, log;
};
using RunLauncher = std::function<absl::StatusOr<ChildResult>(const RunRequest&)>;

// Runs this very program. A run of its own process: what it takes down, and its memory, are its
// own.
absl::StatusOr<ChildResult> LaunchRun(const RunRequest& request);

struct ReproduceOptions {
  std::vector<std::string> recipes;  // Files, and folders whose *.toml are meant.
  std::string data;
  std::string out = "out/study";
  RecipeOverrides overrides;       // train_images is filled in.
  std::vector<std::string> pairs;  // "A:B", beside those that StudyPairs knows.
  BootstrapOptions bootstrap;
  RunLauncher launch = LaunchRun;
};

// Writes OUT/recipes/NAME.toml (each recipe as it was run), OUT/runs/NAME/ (its work folder and
// bundles), OUT/runs/NAME.log, study.html (the runs' reports side by side), and study.md,
// study.csv, study.json. Every row is measured on the same queries: the labelled set holdout.csv
// where DATA has one; otherwise the test part of "stratified 80/10/10", which then is every
// recipe's split, without a holdout_csv. The recipe random_probe is run, too, where it is not
// listed. A run that is finished is kept, one that was interrupted goes on; a recipe that fails is
// a row that says why; one whose settings, replaced, are all those of another is not run, and its
// row names that other.
//
// InvalidArgument: no recipe, two of one name, one that is none, a pair of unknown names or of one
// run, or a network is replaced and the weights that a recipe starts from are not. NotFound: no
// such file or data set. Cancelled: StopRequested(). Unknown: recipes failed (named); the tables
// are written all the same.
absl::Status Reproduce(const ReproduceOptions& options);

}  // namespace lookbook
