#include "models/study/run_page.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/version.h"
#include "models/report/numbers_text.h"
#include "models/study/calibration_section.h"
#include "models/study/class_section.h"
#include "models/study/picture_sections.h"
#include "models/study/run_reader.h"
#include "models/study/training_sections.h"

namespace lookbook {
namespace {

struct Headline {
  const char* title;
  const char* value;  // A name of EvaluationValues.
};

constexpr Headline kBesideChance[] = {{"mAP", "map"},
                                      {"F1 macro at 0.5", "f1_macro"},
                                      {"F1 macro, tuned thresholds", "f1_macro_tuned"},
                                      {"R@1, more than two labels shared", "recall_at_1"},
                                      {"R@1, Jaccard ≥ 0.5", "recall_at_1_j50"},
                                      {"P@10, any label shared", "precision_at_10_any"},
                                      {"MAP@R, Jaccard ≥ 0.5", "map_at_r_j50"},
                                      {"nDCG@10, shared labels", "ndcg_at_10"},
                                      {"nDCG@10, Jaccard", "ndcg_at_10_jaccard"},
                                      {"mean Jaccard of the first five", "mean_jaccard_at_5"},
                                      {"mAP of attributes", "attribute_map"}};

ReportTable ChanceTable(const EvaluationFacts& facts) {
  ReportTable table;
  table.columns = {{"metric"}, {"value", true}, {"at random", true}, {"by frequency", true}};
  for (const Headline& row : kBesideChance) {
    const double value = ValueOf(facts.values, row.value);
    if (std::isnan(value)) continue;
    table.rows.push_back({row.title, FigureText(value),
                          FigureText(ValueOf(facts.random, row.value)),
                          FigureText(ValueOf(facts.frequency, row.value))});
  }
  return table;
}

ReportSection HeadlineSection(const RunStudy& run) {
  const EvaluationFacts& facts = *run.evaluation;
  ReportSection section;
  section.title = "Result";
  section.lead = absl::StrCat(
      "The exported model on ", facts.split, ", ", WithCommas(facts.images),
      " images, through the code that serves it. At random, F1 is that of calling every class on "
      "every image; by frequency, images with the commonest labels come first.");
  if (run.state == RunState::kCollapsed || run.ended_red) {
    section.blocks.push_back(ReportText{
        "The last validation was red: the embedding or the predicted labels collapsed.", true});
  }
  section.blocks.push_back(ChanceTable(facts));
  const auto figure = [&](const char* name, int decimals = 3) {
    return FigureText(ValueOf(facts.values, name), decimals);
  };
  const auto share = [&](const char* name) {
    const double value = ValueOf(facts.values, name);
    return std::isfinite(value) ? PercentText(value) : FigureText(value);
  };
  section.blocks.push_back(ReportFacts{
      {{"spread, std·√D", figure("std_sqrt_d"), "0 is one point, 1 is even"},
       {"mean cosine", figure("mean_cosine"), ""},
       {"effective rank", figure("effective_rank", 1), ""},
       {"largest hub", share("hub_share"), "of the queries"},
       {"distinct label sets", share("distinct_label_sets"), "predicted, of the images"},
       {"guard", run.history.empty() ? "–" : run.history.back().health,
        "at the last validation"}}});
  return section;
}

// Of a run that has no bundle to measure.
ReportSection CollapseSection(const HistoryEntry& last) {
  ReportSection section;
  section.title = "Result";
  section.lead = absl::StrCat("The training collapsed in stage ", last.stage, ", at step ",
                              last.step, ": there is no bundle.");
  section.blocks.push_back(
      ReportText{absl::StrCat(last.event, last.event.empty() ? "" : ". ",
                              absl::StrJoin(last.health_reasons, "; "),
                              ". What helps: docs/training.md, \"When a training collapses\"."),
                 true});
  return section;
}

std::vector<ReportFact> HeadFacts(const RunStudy& run) {
  if (!run.evaluation.has_value()) return {{"state", RunStateName(run.state), ""}};
  const auto figure = [&](const char* name) {
    return FigureText(ValueOf(run.evaluation->values, name));
  };
  return {{"mAP", figure("map"), ""},
          {"F1 macro", figure("f1_macro"), ""},
          {"R@1", figure("recall_at_1"), ""},
          {"nDCG@10", figure("ndcg_at_10"), ""}};
}

}  // namespace

ReportPage RunPage(const RunStudy& run) {
  ReportPage page;
  page.title = run.recipe;
  page.source = absl::StrCat(run.data, " · ", run.folder, run.bundle_id.empty() ? "" : " · bundle ",
                             run.bundle_id);
  page.facts = HeadFacts(run);
  if (run.evaluation.has_value()) page.sections.push_back(HeadlineSection(run));
  if (run.state == RunState::kCollapsed && !run.evaluation.has_value())
    page.sections.push_back(CollapseSection(run.history.back()));
  page.sections.push_back(TrainingSection(run));
  if (!run.history.empty()) page.sections.push_back(DiagnosticSection(run));
  if (run.evaluation.has_value()) page.sections.push_back(ClassSection(*run.evaluation));
  if (run.calibration.has_value() && run.evaluation.has_value()) {
    std::vector<std::string> names;
    for (const EvaluatedClass& entry : run.evaluation->classes) names.push_back(entry.name);
    page.sections.push_back(CalibrationSection(*run.calibration, names));
  }
  if (run.neighbors.queries > 0) page.sections.push_back(NeighborSection(run.neighbors));
  if (!run.unlabelled.folder.empty()) page.sections.push_back(UnlabelledSection(run.unlabelled));
  page.footer = absl::StrCat("Made by lookbook-train report, version ", std::string(Version()),
                             ". Every number stands in metrics.json and metrics.csv beside this "
                             "file.");
  return page;
}

}  // namespace lookbook
