// models/report/page.html and page.js, and Chart.js of Debian's libjs-chart.js (MIT), compiled in.
#pragma once

namespace lookbook {

extern const char kPageTemplate[];  // Mustache; render_page.cc fills it.
extern const char kPageScript[];
extern const char kChartScript[];

}  // namespace lookbook
