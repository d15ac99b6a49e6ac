// The part of a run's report that says what its scores and similarities mean. Internal to
// models/study.
#pragma once

#include <string>
#include <vector>

#include "models/evaluate/calibration.h"
#include "models/report/page.h"

namespace lookbook {

// `classes`: names, one a threshold.
ReportSection CalibrationSection(const CalibrationResult& calibration,
                                 const std::vector<std::string>& classes);

}  // namespace lookbook
