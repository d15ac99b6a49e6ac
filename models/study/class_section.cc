#include "models/study/class_section.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "models/report/numbers_text.h"

namespace lookbook {
namespace {

constexpr size_t kMostBars = 60;

bool HasTuned(const EvaluationFacts& facts) {
  return std::any_of(facts.classes.begin(), facts.classes.end(),
                     [](const EvaluatedClass& entry) { return std::isfinite(entry.threshold); });
}

ReportChart Bars(const std::vector<EvaluatedClass>& classes) {
  ReportChart chart;
  chart.kind = ChartKind::kHorizontalBar;
  chart.title = "Average precision, commonest class first";
  chart.y_title = "AP";
  ReportSeries series{.name = "AP"};
  for (size_t i = 0; i < std::min(classes.size(), kMostBars); ++i) {
    chart.labels.push_back(
        absl::StrCat(classes[i].name, " (", WithCommas(classes[i].support), ")"));
    series.values.push_back(classes[i].ap);
  }
  chart.series = {std::move(series)};
  chart.note = "In brackets: images of the class in the evaluated set.";
  if (classes.size() > kMostBars)
    absl::StrAppend(&chart.note, " The ", kMostBars, " commonest of ", classes.size(), ".");
  return chart;
}

std::string SupportRange(const std::vector<EvaluatedClass>& classes) {
  if (classes.empty()) return "–";
  return absl::StrCat(WithCommas(classes.back().support), " to ",
                      WithCommas(classes.front().support));
}

ReportTable GroupTable(const EvaluationFacts& facts) {
  ReportTable table;
  table.title = "Common and rare classes";
  table.columns = {{"third"},         {"classes", true}, {"images of each", true},
                   {"mean AP", true}, {"mean F1", true}, {"mean F1 tuned", true}};
  for (const ClassGroup& group : HeadMediumTail(facts)) {
    table.rows.push_back({group.name, absl::StrCat(group.classes.size()),
                          SupportRange(group.classes), FigureText(group.Mean(&EvaluatedClass::ap)),
                          FigureText(group.Mean(&EvaluatedClass::f1)),
                          FigureText(group.Mean(&EvaluatedClass::f1_tuned))});
  }
  return table;
}

ReportTable ClassTable(const EvaluationFacts& facts) {
  ReportTable table;
  table.title = "Every class";
  table.columns = {{"class"},           {"support", true},  {"AP", true},
                   {"F1 at 0.5", true}, {"F1 tuned", true}, {"threshold", true}};
  std::vector<EvaluatedClass> classes = BySupport(facts);
  for (const EvaluatedClass& entry : facts.classes) {
    if (entry.support == 0) classes.push_back(entry);
  }
  for (const EvaluatedClass& entry : classes) {
    table.rows.push_back({entry.name, WithCommas(entry.support), FigureText(entry.ap),
                          FigureText(entry.f1), FigureText(entry.f1_tuned),
                          FigureText(entry.threshold)});
  }
  return table;
}

// Of `images`, as "12 (40 %)".
std::string CountText(int64_t count, int64_t images) {
  return absl::StrCat(WithCommas(count), " (", PercentText(count, images), ")");
}

ReportTable PairTable(const std::vector<EvaluatedPair>& pairs) {
  ReportTable table;
  table.title = "Labels that come together: what is predicted of the images with both";
  table.columns = {{"first"},
                   {"second"},
                   {"images", true},
                   {"both", true},
                   {"first alone", true},
                   {"second alone", true},
                   {"neither", true},
                   {"both, of other images", true}};
  for (const EvaluatedPair& pair : pairs) {
    table.rows.push_back(
        {pair.first, pair.second, WithCommas(pair.images), CountText(pair.both, pair.images),
         CountText(pair.first_alone, pair.images), CountText(pair.second_alone, pair.images),
         CountText(pair.neither, pair.images), WithCommas(pair.invented)});
  }
  return table;
}

}  // namespace

std::vector<EvaluatedClass> BySupport(const EvaluationFacts& facts) {
  std::vector<EvaluatedClass> out;
  for (const EvaluatedClass& entry : facts.classes) {
    if (entry.support > 0) out.push_back(entry);
  }
  std::stable_sort(out.begin(), out.end(), [](const EvaluatedClass& a, const EvaluatedClass& b) {
    return a.support > b.support;
  });
  return out;
}

double ClassGroup::Mean(double EvaluatedClass::*member) const {
  double sum = 0;
  for (const EvaluatedClass& entry : classes) sum += entry.*member;
  return classes.empty() ? kNotMeasured : sum / static_cast<double>(classes.size());
}

std::vector<ClassGroup> HeadMediumTail(const EvaluationFacts& facts) {
  const std::vector<EvaluatedClass> sorted = BySupport(facts);
  std::vector<ClassGroup> out = {{.name = "head"}, {.name = "medium"}, {.name = "tail"}};
  size_t next = 0;
  for (size_t group = 0; group < out.size(); ++group) {
    const size_t size = (sorted.size() + out.size() - 1 - group) / out.size();
    for (size_t i = 0; i < size; ++i) out[group].classes.push_back(sorted[next++]);
  }
  return out;
}

ReportSection ClassSection(const EvaluationFacts& facts) {
  ReportSection section;
  section.title = "Classes";
  section.lead = absl::StrCat(
      "Of the exported model on ", facts.split, ", ", WithCommas(facts.images), " images.",
      HasTuned(facts) ? " Thresholds were tuned on other images."
                      : " Thresholds were tuned on these very images, so F1 at them is not shown.");
  const std::vector<EvaluatedClass> classes = BySupport(facts);
  const int64_t absent = std::ssize(facts.classes) - std::ssize(classes);
  section.blocks.push_back(GroupTable(facts));
  section.blocks.push_back(Bars(classes));
  if (absent > 0) {
    section.blocks.push_back(
        ReportText{absl::StrCat(absent, " classes do not occur in the set: they have no AP.")});
  }
  section.blocks.push_back(ClassTable(facts));
  if (!facts.pairs.empty()) section.blocks.push_back(PairTable(facts.pairs));
  return section;
}

}  // namespace lookbook
