// What a report says, in the blocks that a page is made of. models/report knows no data set and no
// training: those who do fill these in. render_page.h makes HTML of them.
//
// Every text is plain: names from a data set may hold anything.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace lookbook {

// A paragraph; a warning stands out.
struct ReportText {
  std::string text;
  bool warning = false;
};

// "labelled images", "45,623", "in train.csv".
struct ReportFact {
  std::string label;
  std::string value;
  std::string note;
};

struct ReportFacts {
  std::vector<ReportFact> facts;
};

struct ReportColumn {
  std::string title;
  bool number = false;  // Right-aligned, equal digits.
};

struct ReportTable {
  std::string title;
  std::vector<ReportColumn> columns;
  std::vector<std::vector<std::string>> rows;  // Each as long as `columns`.
  bool folded = false;                         // Shown on a click.
};

// A word on a picture.
struct ReportMark {
  std::string text;
  std::string color;  // "#rrggbb", behind the word.
  double x = 0;       // Place of its middle as a share of width and height.
  double y = 0;
};

struct ReportPicture {
  std::string file;  // Bytes of a JPEG or PNG; empty: "no picture" in its place.
  std::string title;
  std::string note;
  std::vector<std::string> marked_chips;  // Small words below; these come first and stand out.
  std::vector<std::string> chips;
  std::vector<ReportMark> marks;
  bool leads = false;  // A question that the pictures after it answer: it has a frame.
};

struct ReportGallery {
  std::string title;
  std::vector<ReportPicture> pictures;
  int width = 180;  // Pixels that a picture wants at least.
  int columns = 0;  // So many a row, however narrow the screen is; 0 = as many as fit.
};

enum class ChartKind {
  kLine,
  kBar,
  kHorizontalBar,  // For many names: one below the other.
  kScatter,
  kCurve,  // Points of any x, joined in their order by straight lines.
};

struct ReportSeries {
  std::string name;
  std::vector<double> values;  // Of each label, or y of each point; not finite = no point.
  std::vector<double> x;       // kScatter and kCurve alone.
};

// A vertical line through a kCurve chart: here something else begins.
struct ReportBoundary {
  double x = 0;
  std::string name;
};

struct ReportChart {
  ChartKind kind = ChartKind::kLine;
  std::string title;
  std::string note;
  std::vector<std::string> labels;  // Along the x axis, but for kScatter and kCurve.
  std::vector<ReportSeries> series;
  std::string x_title;
  std::string y_title;
  std::vector<ReportBoundary> boundaries;  // kCurve alone.
  bool log_x = false;                      // kScatter and kCurve alone.
  bool log_y = false;
  bool half = false;  // Half as wide as the page, where the screen is wide enough.
};

// A table of shades: value 0 is blank, the largest is darkest.
struct ReportHeatmap {
  std::string title;
  std::string note;
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<double> values;  // rows × columns; not finite = no value.
  int decimals = 0;            // Of the numbers that are shown.
};

using ReportBlock =
    std::variant<ReportText, ReportFacts, ReportTable, ReportGallery, ReportChart, ReportHeatmap>;

struct ReportSection {
  std::string title;
  std::string lead;  // A sentence below the title; may be empty.
  std::vector<ReportBlock> blocks;
};

struct ReportPage {
  std::string title;
  std::string source;             // One small line below: paths, versions, dates.
  std::vector<ReportFact> facts;  // Large, in the head.
  std::vector<ReportSection> sections;
  std::string footer;
};

}  // namespace lookbook
