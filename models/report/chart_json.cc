#include "models/report/chart_json.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"

namespace lookbook {
namespace {

using Json = nlohmann::json;

const char* KindName(ChartKind kind) {
  switch (kind) {
    case ChartKind::kLine:
      return "line";
    case ChartKind::kBar:
      return "bar";
    case ChartKind::kHorizontalBar:
      return "horizontal_bar";
    case ChartKind::kScatter:
      return "scatter";
    case ChartKind::kCurve:
      return "curve";
  }
  return "";
}

// Its series have an x of their own.
bool HasPoints(const ReportChart& chart) {
  return chart.kind == ChartKind::kScatter || chart.kind == ChartKind::kCurve;
}

Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json SeriesToJson(const ReportSeries& series, bool points) {
  Json values = Json::array();
  for (size_t i = 0; i < series.values.size(); ++i) {
    if (!points) {
      values.push_back(Number(series.values[i]));
    } else {
      values.push_back({{"x", Number(series.x[i])}, {"y", Number(series.values[i])}});
    }
  }
  return {{"name", series.name}, {"values", values}};
}

Json BoundariesToJson(const ReportChart& chart) {
  Json boundaries = Json::array();
  for (const ReportBoundary& boundary : chart.boundaries) {
    if (std::isfinite(boundary.x))
      boundaries.push_back({{"x", boundary.x}, {"name", boundary.name}});
  }
  return boundaries;
}

}  // namespace

absl::Status CheckChart(const ReportChart& chart) {
  for (const ReportSeries& series : chart.series) {
    const size_t wanted = HasPoints(chart) ? series.x.size() : chart.labels.size();
    if (series.values.size() == wanted) continue;
    return absl::InvalidArgumentError(absl::StrCat("chart \"", chart.title, "\": series \"",
                                                   series.name, "\" has ", series.values.size(),
                                                   " values for ", wanted, " places"));
  }
  return absl::OkStatus();
}

std::string ChartsToJson(const std::vector<ReportChart>& charts) {
  Json list = Json::array();
  for (const ReportChart& chart : charts) {
    Json series = Json::array();
    for (const ReportSeries& one : chart.series)
      series.push_back(SeriesToJson(one, HasPoints(chart)));
    list.push_back({{"kind", KindName(chart.kind)},
                    {"title", chart.title},
                    {"labels", chart.labels},
                    {"series", series},
                    {"boundaries", BoundariesToJson(chart)},
                    {"x_title", chart.x_title},
                    {"y_title", chart.y_title},
                    {"log_x", chart.log_x},
                    {"log_y", chart.log_y}});
  }
  const std::string text = list.dump(-1, ' ', false, Json::error_handler_t::replace);
  return absl::StrReplaceAll(text,
                             {{"<", "\\u003c"}, {"\u2028", "\\u2028"}, {"\u2029", "\\u2029"}});
}

}  // namespace lookbook
