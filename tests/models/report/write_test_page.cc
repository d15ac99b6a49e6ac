// write_test_page FILE: a report with what page_in_browser_test.py looks at in a browser.
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "models/report/render_page.h"

namespace lookbook {
namespace {

ReportTable TableOf(const std::string& title, size_t columns, bool folded) {
  ReportTable table{title, {{"run"}}, {{title}}, folded};
  for (size_t i = 0; i < columns; ++i) {
    table.columns.push_back({absl::StrCat("figure ", i), true});
    table.rows[0].push_back("0.125");
  }
  return table;
}

ReportChart ChartOf(ChartKind kind, size_t series) {
  ReportChart chart;
  chart.kind = kind;
  if (kind != ChartKind::kCurve) chart.labels = {"a", "b"};
  for (size_t i = 0; i < series; ++i) {
    chart.series.push_back({absl::StrCat("run ", i), {0.0, static_cast<double>(i)}, {}});
    if (kind == ChartKind::kCurve) chart.series.back().x = {0, 1};
  }
  return chart;
}

absl::Status Write(const std::string& file) {
  ReportPage page;
  page.title = "Looked at";
  page.sections = {{"All",
                    "",
                    {TableOf("narrow", 2, false), TableOf("wide", 40, false),
                     TableOf("folded", 40, true), ChartOf(ChartKind::kCurve, 23),
                     ChartOf(ChartKind::kLine, 7), ChartOf(ChartKind::kBar, 7)}}};
  const absl::StatusOr<std::string> html = RenderPage(page);
  return html.ok() ? WriteFile(file, *html) : html.status();
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const absl::Status status = lookbook::Write(argv[1]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
