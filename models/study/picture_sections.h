// The parts of a report that show pictures. Internal to models/study.
#pragma once

#include <string>

#include "models/report/page.h"
#include "models/study/run_study.h"

namespace lookbook {

ReportSection NeighborSection(const NeighborStudy& study);
ReportSection UnlabelledSection(const UnlabelledStudy& study);

// The query, then its answers; labels that both have stand out. `note` comes below the query.
void AppendRow(const StudyQuery& query, const std::string& note, ReportGallery* gallery);
// An empty gallery of such rows.
ReportGallery RowGallery(const std::string& title);

}  // namespace lookbook
