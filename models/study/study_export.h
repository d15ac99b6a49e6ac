// A study for programs.
#pragma once

#include <string>

#include "models/study/study_tables.h"

namespace lookbook {

// RFC 4180: one line a row with every value and interval; what a row lacks is empty.
std::string StudyToCsv(const Study& study);

// {"data", "queries", "excluded_strict", "excluded_j50", "settings", "rows": [{…, "values",
// "intervals", "classes"}], "pairs": [{"a", "b", "metrics": [{…, "verdict"}]}]}, indented; not
// finite is null.
std::string StudyToJson(const Study& study);

}  // namespace lookbook
