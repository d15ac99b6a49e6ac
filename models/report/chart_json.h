// Charts as JSON for the page's script.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "models/report/page.h"

namespace lookbook {

// InvalidArgument: a series has another number of values than the chart has labels (kScatter and
// kCurve: than it has x).
absl::Status CheckChart(const ReportChart& chart);

// A JSON list, one object a chart: kind, title, labels, series [{name, values | points}],
// boundaries [{x, name}], x_title, y_title, log_x, log_y. Safe inside <script>: '<' is written as
// \u003c; text that is not UTF-8 is repaired.
std::string ChartsToJson(const std::vector<ReportChart>& charts);

}  // namespace lookbook
