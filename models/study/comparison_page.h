// Several runs side by side.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/report/page.h"
#include "models/study/run_study.h"

namespace lookbook {

// One HTML file over the runs in `work_folders`, as their `report` steps left them. A run that
// failed or collapsed is shown as such. Needs no model and reads no data set.
//
// InvalidArgument: no folder. Errors of ReadRun come back as they are.
absl::StatusOr<std::string> ComparisonPage(const std::vector<std::string>& work_folders);

// The page as blocks.
ReportPage PageOfRuns(const std::vector<RunStudy>& runs);

// What each run is called: its recipe's name, with the folder's where several have that.
std::vector<std::string> RunNames(const std::vector<RunStudy>& runs);

}  // namespace lookbook
