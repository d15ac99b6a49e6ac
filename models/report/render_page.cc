#include "models/report/render_page.h"

#include <algorithm>
#include <cmath>
#include <kainjow/mustache.hpp>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/exception_fence.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "models/report/chart_json.h"
#include "models/report/page_files.h"

namespace lookbook {
namespace {

// Mustache looks a missing key up in the enclosing scopes, so every key of a scope is set: an
// absent text is `false`, never left out.
using Data = kainjow::mustache::data;
using kainjow::mustache::mustache;

constexpr const char* kBlockKeys[] = {"text", "facts", "table", "gallery", "chart", "heatmap"};
constexpr size_t kMostShownColumns = 14;  // Of a heat map with its numbers written in.

Data TextOrFalse(const std::string& text) { return text.empty() ? Data(false) : Data(text); }

Data Texts(const std::vector<std::string>& texts) {
  Data list{Data::type::list};
  for (const std::string& text : texts) list << Data("text", text);
  return list;
}

Data Facts(const std::vector<ReportFact>& facts) {
  Data list{Data::type::list};
  for (const ReportFact& fact : facts) {
    Data entry;
    entry.set("label", fact.label);
    entry.set("value", fact.value);
    entry.set("note", TextOrFalse(fact.note));
    list << entry;
  }
  return list;
}

absl::StatusOr<Data> Table(const ReportTable& table) {
  Data head{Data::type::list};
  for (const ReportColumn& column : table.columns) {
    Data cell;
    cell.set("text", column.title);
    cell.set("number", column.number);
    head << cell;
  }
  Data rows{Data::type::list};
  for (const std::vector<std::string>& row : table.rows) {
    if (row.size() != table.columns.size()) {
      return absl::InvalidArgumentError(absl::StrCat("table \"", table.title, "\": a row of ",
                                                     row.size(), " cells under ",
                                                     table.columns.size(), " columns"));
    }
    Data cells{Data::type::list};
    for (size_t i = 0; i < row.size(); ++i) {
      Data cell;
      cell.set("text", row[i]);
      cell.set("number", table.columns[i].number);
      cells << cell;
    }
    Data entry;
    entry.set("cells", cells);
    rows << entry;
  }
  Data out;
  out.set("title", TextOrFalse(table.title));
  out.set("columns", head);
  out.set("rows", rows);
  out.set("count", absl::StrCat(table.rows.size()));
  out.set("folded", table.folded);
  return out;
}

// What stands in a style attribute is made here, never taken from outside.
std::string Percent(double share) {
  return absl::StrFormat("%.2f%%", 100 * (share > 0 ? std::min(share, 1.0) : 0.0));
}

std::string SafeColor(const std::string& color) {
  const bool fits = color.size() == 7 && color[0] == '#' &&
                    std::all_of(color.begin() + 1, color.end(), absl::ascii_isxdigit);
  return fits ? color : "#777777";
}

Data Chips(const ReportPicture& picture) {
  Data list{Data::type::list};
  for (const std::vector<std::string>* chips : {&picture.marked_chips, &picture.chips}) {
    for (const std::string& text : *chips) {
      Data entry;
      entry.set("text", text);
      entry.set("marked", chips == &picture.marked_chips);
      list << entry;
    }
  }
  return list;
}

Data Marks(const std::vector<ReportMark>& marks) {
  Data list{Data::type::list};
  for (const ReportMark& mark : marks) {
    Data entry;
    entry.set("text", mark.text);
    entry.set("style", absl::StrCat("left:", Percent(mark.x), ";top:", Percent(mark.y),
                                    ";background:", SafeColor(mark.color)));
    list << entry;
  }
  return list;
}

Data Gallery(const ReportGallery& gallery) {
  Data pictures{Data::type::list};
  for (const ReportPicture& picture : gallery.pictures) {
    Data entry;
    entry.set("uri", TextOrFalse(PictureUri(picture.file)));
    entry.set("title", TextOrFalse(picture.title));
    entry.set("note", TextOrFalse(picture.note));
    entry.set("has_chips", !picture.chips.empty() || !picture.marked_chips.empty());
    entry.set("chips", Chips(picture));
    entry.set("leads", picture.leads);
    entry.set("marks", Marks(picture.marks));
    pictures << entry;
  }
  Data out;
  out.set("title", TextOrFalse(gallery.title));
  out.set("width", absl::StrCat(std::clamp(gallery.width, 60, 600)));
  out.set("fixed", gallery.columns > 0);
  out.set("columns", absl::StrCat(std::clamp(gallery.columns, 1, 24)));
  out.set("pictures", pictures);
  return out;
}

// Room for the names of a horizontal chart; else the style sheet decides.
std::string ChartStyle(const ReportChart& chart) {
  if (chart.kind != ChartKind::kHorizontalBar) return "";
  const size_t bars = chart.labels.size() * std::max<size_t>(chart.series.size(), 1);
  return absl::StrCat("height:", std::max<size_t>(120, 64 + 20 * bars), "px");
}

absl::StatusOr<Data> Chart(const ReportChart& chart, std::vector<ReportChart>* charts) {
  LB_RETURN_IF_ERROR(CheckChart(chart));
  Data out;
  out.set("number", absl::StrCat(charts->size()));
  out.set("title", TextOrFalse(chart.title));
  out.set("note", TextOrFalse(chart.note));
  out.set("style", ChartStyle(chart));
  charts->push_back(chart);
  return out;
}

Data HeatmapRow(const ReportHeatmap& map, size_t row, double largest, bool shown) {
  Data cells{Data::type::list};
  for (size_t column = 0; column < map.columns.size(); ++column) {
    const double value = map.values[row * map.columns.size() + column];
    const bool known = std::isfinite(value);
    const std::string number = known ? absl::StrFormat("%.*f", map.decimals, value) : "";
    const double share = known && largest > 0 ? std::abs(value) / largest : 0;
    Data cell;
    cell.set("style", absl::StrCat("--v:", Percent(share)));
    cell.set("dark", share > 0.55);
    cell.set("text", shown && value != 0 ? number : "");
    cell.set("hint",
             absl::StrCat(map.rows[row], " × ", map.columns[column], ": ", known ? number : "–"));
    cells << cell;
  }
  Data out;
  out.set("name", map.rows[row]);
  out.set("cells", cells);
  return out;
}

absl::StatusOr<Data> Heatmap(const ReportHeatmap& map) {
  if (map.values.size() != map.rows.size() * map.columns.size()) {
    return absl::InvalidArgumentError(absl::StrCat("heat map \"", map.title,
                                                   "\": ", map.values.size(), " values for ",
                                                   map.rows.size(), " x ", map.columns.size()));
  }
  double largest = 0;
  for (double value : map.values) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  const bool shown = map.columns.size() <= kMostShownColumns;
  Data rows{Data::type::list};
  for (size_t row = 0; row < map.rows.size(); ++row) rows << HeatmapRow(map, row, largest, shown);
  Data out;
  out.set("title", TextOrFalse(map.title));
  out.set("note", TextOrFalse(map.note));
  out.set("names", Texts(map.columns));
  out.set("rows", rows);
  out.set("dense", !shown);
  return out;
}

struct BlockRenderer {
  std::vector<ReportChart>* charts;

  absl::StatusOr<Data> operator()(const ReportText& text) const {
    Data out;
    out.set("text", text.text);
    out.set("warning", text.warning);
    return out;
  }
  absl::StatusOr<Data> operator()(const ReportFacts& facts) const {
    Data out;
    out.set("entries", Facts(facts.facts));
    return out;
  }
  absl::StatusOr<Data> operator()(const ReportTable& table) const { return Table(table); }
  absl::StatusOr<Data> operator()(const ReportGallery& gallery) const { return Gallery(gallery); }
  absl::StatusOr<Data> operator()(const ReportChart& chart) const { return Chart(chart, charts); }
  absl::StatusOr<Data> operator()(const ReportHeatmap& map) const { return Heatmap(map); }
};

absl::StatusOr<Data> Sections(const ReportPage& page, std::vector<ReportChart>* charts) {
  Data sections{Data::type::list};
  for (size_t i = 0; i < page.sections.size(); ++i) {
    const ReportSection& section = page.sections[i];
    Data blocks{Data::type::list};
    for (const ReportBlock& block : section.blocks) {
      LB_ASSIGN_OR_RETURN(const Data content, std::visit(BlockRenderer{charts}, block));
      Data entry;
      for (const char* key : kBlockKeys) entry.set(key, false);
      entry.set(kBlockKeys[block.index()], content);
      const auto* chart = std::get_if<ReportChart>(&block);
      entry.set("half", chart != nullptr && chart->half);
      blocks << entry;
    }
    Data entry;
    entry.set("number", absl::StrCat(i + 1));
    entry.set("title", section.title);
    entry.set("lead", TextOrFalse(section.lead));
    entry.set("blocks", blocks);
    sections << entry;
  }
  return sections;
}

// As a content security policy names an inline script.
std::string ScriptHash(const char* script) {
  return absl::StrCat("'sha256-", absl::Base64Escape(absl::HexStringToBytes(Sha256Hex(script))),
                      "'");
}

absl::StatusOr<std::string> Render(const ReportPage& page) {
  std::vector<ReportChart> charts;
  Data out;
  out.set("title", page.title);
  out.set("source", TextOrFalse(page.source));
  out.set("totals", Facts(page.facts));
  LB_ASSIGN_OR_RETURN(const Data sections, Sections(page, &charts));
  out.set("sections", sections);
  out.set("footer", TextOrFalse(page.footer));
  out.set("charts", ChartsToJson(charts));
  out.set("chart_script", kChartScript);
  out.set("page_script", kPageScript);
  out.set("script_hashes", absl::StrCat(ScriptHash(kChartScript), " ", ScriptHash(kPageScript)));
  mustache page_template(kPageTemplate);
  std::string html = page_template.render(out);
  if (!page_template.is_valid()) return absl::InternalError(page_template.error_message());
  return html;
}

}  // namespace

std::string PictureUri(const std::string& file) {
  absl::string_view type;
  if (absl::StartsWith(file, "\xFF\xD8\xFF")) type = "image/jpeg";
  if (absl::StartsWith(file, "\x89PNG\r\n\x1A\n")) type = "image/png";
  return type.empty() ? "" : absl::StrCat("data:", type, ";base64,", absl::Base64Escape(file));
}

absl::StatusOr<std::string> RenderPage(const ReportPage& page) {
  return CatchToStatus("report page", [&] { return Render(page); });
}

}  // namespace lookbook
