// The report of one run.
#pragma once

#include "models/report/page.h"
#include "models/study/run_study.h"

namespace lookbook {

// Sections of what the run did not come to are left out.
ReportPage RunPage(const RunStudy& run);

}  // namespace lookbook
