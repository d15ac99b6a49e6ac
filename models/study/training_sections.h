// The parts of a run's report that speak of its training. Internal to models/study.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/report/page.h"
#include "models/study/run_study.h"

namespace lookbook {

ReportSection TrainingSection(const RunStudy& run);
ReportSection DiagnosticSection(const RunStudy& run);

// One figure of every validation over the run's steps.
using HistoryFigure = std::function<double(const HistoryEntry&)>;
// A gap where the guard went back to an earlier step.
ReportSeries HistorySeries(const std::string& name, const std::vector<HistoryEntry>& history,
                           const HistoryFigure& figure);

}  // namespace lookbook
