#include "models/study/calibration_section.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "models/report/numbers_text.h"

namespace lookbook {
namespace {

constexpr size_t kMostBars = 60;

// Where what is predicted is what is observed.
ReportSeries Diagonal() { return {.name = "as it should be", .values = {0, 1}, .x = {0, 1}}; }

ReportSeries CurveOf(const std::string& name, const std::vector<ReliabilityBin>& bins) {
  ReportSeries series{.name = name};
  for (const ReliabilityBin& bin : bins) {
    series.x.push_back(bin.predicted);
    series.values.push_back(bin.observed);
  }
  return series;
}

// "0.838 / 0.770": what is said and what is true.
std::string PredictedAndObserved(const std::vector<ReliabilityBin>& bins) {
  const ReliabilityBin all = Pooled(bins);
  return absl::StrCat(FigureText(all.predicted), " / ", FigureText(all.observed));
}

ReportChart ReliabilityChart(const CalibrationResult& calibration) {
  ReportChart chart;
  chart.kind = ChartKind::kCurve;
  chart.title = "Reliability of probabilities";
  chart.note =
      "Bins of equal mass over each query's ten nearest items, and over the nearest alone, judged "
      "by curves that the query was not fitted to.";
  chart.x_title = "predicted probability";
  chart.y_title = "share that is relevant";
  chart.half = true;
  chart.series = {CurveOf("ten answers", calibration.reliability),
                  CurveOf("first answer", calibration.reliability_first), Diagonal()};
  return chart;
}

ReportChart KnotChart(const CalibrationResult& calibration) {
  ReportChart chart;
  chart.kind = ChartKind::kCurve;
  chart.title = "From similarity to probability";
  chart.note =
      "That the labels' Jaccard index is at least 0.5; as served. Constant beyond both "
      "ends.";
  chart.x_title = "similarity";
  chart.y_title = "probability";
  chart.half = true;
  ReportSeries series{.name = "probability"};
  for (const Knot& knot : calibration.knots) {
    series.x.push_back(knot.similarity);
    series.values.push_back(knot.probability);
  }
  chart.series = {std::move(series)};
  chart.boundaries = {{calibration.novelty_similarity, "novel below"}};
  return chart;
}

ReportChart ThresholdChart(const CalibrationResult& calibration,
                           const std::vector<std::string>& classes) {
  ReportChart chart;
  chart.kind = ChartKind::kHorizontalBar;
  chart.title = "Threshold of each class";
  chart.y_title = "score";
  ReportSeries series{.name = "threshold"};
  const size_t all = std::min(classes.size(), calibration.thresholds.size());
  for (size_t i = 0; i < std::min(all, kMostBars); ++i) {
    chart.labels.push_back(classes[i]);
    series.values.push_back(calibration.thresholds[i]);
  }
  if (all > kMostBars) chart.note = absl::StrCat("The first ", kMostBars, " of ", all, ".");
  chart.series = {std::move(series)};
  return chart;
}

}  // namespace

ReportSection CalibrationSection(const CalibrationResult& calibration,
                                 const std::vector<std::string>& classes) {
  ReportSection section;
  section.title = "Thresholds and calibration";
  section.lead =
      absl::StrCat("Measured on: ", calibration.source, ", ", WithCommas(calibration.queries),
                   " queries, ", WithCommas(calibration.pairs), " pairs with items of the index.");
  section.blocks.push_back(ReportFacts{
      {{"calibration error before", FigureText(calibration.ece_before), "similarity as it is"},
       {"after", FigureText(calibration.ece_after), "of the curve"},
       {"after, first answer", FigureText(ExpectedCalibrationError(calibration.reliability_first)),
        "of the curve"},
       {"predicted / observed", PredictedAndObserved(calibration.reliability), "of ten answers"},
       {"predicted / observed", PredictedAndObserved(calibration.reliability_first),
        "of the first answer"},
       {"novel below", FigureText(calibration.novelty_similarity), "similarity of the best item"},
       {"knots", WithCommas(std::ssize(calibration.knots)), ""}}});
  section.blocks.push_back(ReliabilityChart(calibration));
  section.blocks.push_back(KnotChart(calibration));
  section.blocks.push_back(ThresholdChart(calibration, classes));
  return section;
}

}  // namespace lookbook
