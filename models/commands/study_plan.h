// What a study runs: its recipes with the common settings, and which of them are one and the same.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/commands/reproduce.h"
#include "models/recipe/override_recipe.h"
#include "models/recipe/recipe.h"
#include "models/study/study_pairs.h"

namespace lookbook {

struct PlannedRun {
  Recipe recipe;  // With the settings replaced.
  RunRequest request;
  // The run before it whose settings are all the same, "" = none. One network and one budget for
  // all make some recipes equal; to train such a one again would tell nothing.
  std::string same_as;
};

// The files, and the *.toml of the folders, in order. InvalidArgument: there is none.
absl::StatusOr<std::vector<std::string>> RecipeFiles(const std::vector<std::string>& names);

// Whether a recipe keeps pictures of nearly the same look together: the common split then does.
absl::StatusOr<bool> AnyGroupsNearDuplicates(const std::vector<std::string>& files);

// All recipes, read before the first of them runs, "study_X" right behind "X", and before them
// random_probe where it is none of them: what a network that learned nothing is worth is a row of
// every study. Writes OUT/recipes/NAME.toml of each. InvalidArgument: as Reproduce says.
absl::StatusOr<std::vector<PlannedRun>> PlanRuns(const std::vector<std::string>& files,
                                                 const ReproduceOptions& options,
                                                 const RecipeOverrides& overrides);

// The pairs to test: those that StudyPairs knows, then those that were `asked` for, each named by
// the runs that do the training and each once. InvalidArgument: one that was asked for is no pair,
// or both are the same run.
absl::StatusOr<std::vector<StudyPair>> PlanPairs(const std::vector<PlannedRun>& runs,
                                                 const std::vector<std::string>& asked);

}  // namespace lookbook
