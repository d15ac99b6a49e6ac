#include "models/study/comparison_page.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "models/report/numbers_text.h"
#include "models/report/render_page.h"
#include "models/study/class_section.h"
#include "models/study/picture_sections.h"
#include "models/study/run_reader.h"
#include "models/study/training_sections.h"

namespace lookbook {
namespace {

using Runs = std::vector<RunStudy>;

struct Column {
  const char* title;
  const char* value;  // A name of EvaluationValues.
};

// Larger is better in each of them.
constexpr Column kCompared[] = {{"mAP", "map"},
                                {"F1 macro", "f1_macro"},
                                {"F1 tuned", "f1_macro_tuned"},
                                {"R@1", "recall_at_1"},
                                {"R@1 j50", "recall_at_1_j50"},
                                {"nDCG@10", "ndcg_at_10"},
                                {"Jaccard@5", "mean_jaccard_at_5"}};

double FigureOf(const RunStudy& run, const char* name) {
  return run.evaluation.has_value() ? ValueOf(run.evaluation->values, name) : kNotMeasured;
}

// A collapsed run's number may be high by chance, and an unfinished one has none of its own.
bool MayWin(const RunStudy& run) {
  return run.evaluation.has_value() && run.state != RunState::kCollapsed &&
         run.state != RunState::kUnfinished && !run.ended_red;
}

double BestOf(const Runs& runs, const char* name) {
  double best = kNotMeasured;
  for (const RunStudy& run : runs) {
    if (MayWin(run)) best = std::fmax(best, FigureOf(run, name));
  }
  return best;
}

// What stands out in a column: the best figure, unless all that was measured looks the same. Empty:
// nothing does.
std::string WinnerOf(const Runs& runs, const char* name) {
  if (!std::isfinite(BestOf(runs, name))) return "";
  const std::string best = FigureText(BestOf(runs, name));
  const bool differs = std::any_of(runs.begin(), runs.end(), [&](const RunStudy& run) {
    const double value = FigureOf(run, name);
    return std::isfinite(value) && FigureText(value) != best;
  });
  return differs ? best : "";
}

std::string StateText(const RunStudy& run) {
  if (run.history.empty()) return RunStateName(run.state);
  const HistoryEntry& last = run.history.back();
  std::string text = RunStateName(run.state);
  if (run.state == RunState::kUnfinished) absl::StrAppend(&text, " after step ", last.step);
  const bool collapsed = run.state == RunState::kCollapsed;
  if (run.ended_red && !collapsed) absl::StrAppend(&text, ", red");
  if ((collapsed || run.ended_red) && !last.health_reasons.empty())
    absl::StrAppend(&text, ": ", last.health_reasons.front());
  return text;
}

ReportTable ResultTable(const Runs& runs, const std::vector<std::string>& names) {
  ReportTable table;
  table.columns = {{"run"}, {"state"}, {"set"}, {"steps", true}, {"minutes", true}};
  for (const Column& column : kCompared) table.columns.push_back({column.title, true});
  table.columns.push_back({"std·√D", true});
  table.columns.push_back({"largest hub", true});
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunStudy& run = runs[i];
    std::vector<std::string> row = {
        names[i], StateText(run), run.evaluation.has_value() ? run.evaluation->split : "–",
        run.history.empty() ? "–" : WithCommas(run.history.back().step),
        run.train_seconds > 0 ? absl::StrFormat("%.1f", run.train_seconds / 60) : "–"};
    for (const Column& column : kCompared) {
      const std::string figure = FigureText(FigureOf(run, column.value));
      const bool best = MayWin(run) && figure == WinnerOf(runs, column.value);
      row.push_back(absl::StrCat(best ? "★ " : "", figure));
    }
    row.push_back(FigureText(FigureOf(run, "std_sqrt_d")));
    row.push_back(FigureText(FigureOf(run, "hub_share")));
    table.rows.push_back(std::move(row));
  }
  return table;
}

// Which labelled pictures a run's numbers are of.
std::string SetOf(const RunStudy& run) {
  return absl::StrCat(run.data, " ", run.evaluation->split, " ", run.evaluation->images);
}

ReportSection ResultSection(const Runs& runs, const std::vector<std::string>& names) {
  ReportSection section;
  section.title = "Runs";
  section.lead =
      "Each exported model on its run's evaluated set; ★ is the best where they differ. Whether a "
      "difference is more than luck is what `lookbook-train compare` tests.";
  std::set<std::string> sets;
  for (const RunStudy& run : runs) {
    if (run.evaluation.has_value()) sets.insert(SetOf(run));
  }
  if (sets.size() > 1) {
    section.blocks.push_back(ReportText{
        absl::StrCat("These runs were not evaluated on the same images, so their numbers do not "
                     "compare: ",
                     absl::StrJoin(sets, "; "), "."),
        true});
  }
  section.blocks.push_back(ResultTable(runs, names));
  return section;
}

ReportChart CurveOfAll(const Runs& runs, const std::vector<std::string>& names,
                       const std::string& title, const HistoryFigure& figure) {
  ReportChart chart;
  chart.kind = ChartKind::kCurve;
  chart.title = title;
  chart.x_title = "step";
  chart.half = true;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i].history.empty())
      chart.series.push_back(HistorySeries(names[i], runs[i].history, figure));
  }
  return chart;
}

ReportSection CurveSection(const Runs& runs, const std::vector<std::string>& names) {
  ReportSection section;
  section.title = "Validation";
  section.lead =
      "Measured on the training networks. Losses of different objectives do not compare.";
  const std::pair<const char*, double ValidationResult::*> kCurves[] = {
      {"mAP", &ValidationResult::map},
      {"F1 macro at 0.5", &ValidationResult::f1_macro},
      {"nDCG@10", &ValidationResult::ndcg_at_10},
      {"Validation loss", &ValidationResult::loss},
      {"Spread: std·√D", &ValidationResult::std_sqrt_d},
      {"Largest hub, share of the queries", &ValidationResult::hub_share}};
  for (const auto& [title, member] : kCurves) {
    section.blocks.push_back(CurveOfAll(
        runs, names, title,
        [member = member](const HistoryEntry& entry) { return entry.validation.*member; }));
  }
  return section;
}

// Classes of any run, the commonest first by the first run that has them.
ReportSection ClassesOfAll(const Runs& runs, const std::vector<std::string>& names) {
  ReportSection section;
  section.title = "Classes";
  ReportHeatmap map;
  map.title = "Average precision";
  map.note = "In brackets: images of the class in the evaluated set.";
  map.decimals = 2;
  std::vector<std::map<uint32_t, double>> columns;
  std::set<uint32_t> seen;
  std::vector<uint32_t> order;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i].evaluation.has_value()) continue;
    map.columns.push_back(names[i]);
    columns.emplace_back();
    for (const EvaluatedClass& entry : BySupport(*runs[i].evaluation)) {
      columns.back()[entry.id] = entry.ap;
      if (!seen.insert(entry.id).second) continue;
      order.push_back(entry.id);
      map.rows.push_back(absl::StrCat(entry.name, " (", WithCommas(entry.support), ")"));
    }
  }
  for (const uint32_t id : order) {
    for (const std::map<uint32_t, double>& column : columns) {
      const auto found = column.find(id);
      map.values.push_back(found == column.end() ? kNotMeasured : found->second);
    }
  }
  section.blocks.push_back(std::move(map));
  return section;
}

// Each fixed query with the answers of every run, one below the other.
ReportSection QueriesOfAll(const Runs& runs, const std::vector<std::string>& names) {
  ReportSection section;
  section.title = "The same queries";
  section.lead =
      "What each run's index answers to the same pictures. Below an answer: its similarity, which "
      "means something else in every run; labels it shares with the query stand out.";
  std::map<std::string, ReportGallery> galleries;
  std::vector<std::string> without;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].neighbors.fixed.empty()) without.push_back(names[i]);
    for (const StudyQuery& query : runs[i].neighbors.fixed) {
      ReportGallery& gallery =
          galleries.try_emplace(query.picture.id, RowGallery(query.picture.id)).first->second;
      AppendRow(query, absl::StrCat(names[i], ": overlap ", FigureText(query.overlap, 2)),
                &gallery);
    }
  }
  if (!without.empty()) {
    section.blocks.push_back(ReportText{absl::StrCat(
        "No neighbours, for they have no report of their own: ", absl::StrJoin(without, ", "),
        ".")});
  }
  for (auto& [id, gallery] : galleries) section.blocks.push_back(std::move(gallery));
  return section;
}

std::string FolderName(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

}  // namespace

std::vector<std::string> RunNames(const std::vector<RunStudy>& runs) {
  std::map<std::string, int> count;
  for (const RunStudy& run : runs) ++count[run.recipe];
  std::vector<std::string> out;
  for (const RunStudy& run : runs) {
    out.push_back(count[run.recipe] == 1
                      ? run.recipe
                      : absl::StrCat(run.recipe, " (", FolderName(run.folder), ")"));
  }
  return out;
}

ReportPage PageOfRuns(const std::vector<RunStudy>& runs) {
  const std::vector<std::string> names = RunNames(runs);
  ReportPage page;
  page.title = "Runs compared";
  std::vector<std::string> folders;
  for (const RunStudy& run : runs) folders.push_back(run.folder);
  page.source = absl::StrJoin(folders, " · ");
  const int64_t published = std::count_if(runs.begin(), runs.end(), [](const RunStudy& run) {
    return run.state == RunState::kPublished;
  });
  page.facts = {{"runs", absl::StrCat(runs.size()), ""},
                {"published", absl::StrCat(published), ""},
                {"best mAP", FigureText(BestOf(runs, "map")), ""},
                {"best nDCG@10", FigureText(BestOf(runs, "ndcg_at_10")), ""}};
  page.sections = {ResultSection(runs, names), CurveSection(runs, names), ClassesOfAll(runs, names),
                   QueriesOfAll(runs, names)};
  page.footer = absl::StrCat("Made by lookbook-train report, version ", std::string(Version()),
                             ". Each run's numbers stand in its metrics.json and metrics.csv.");
  return page;
}

absl::StatusOr<std::string> ComparisonPage(const std::vector<std::string>& work_folders) {
  if (work_folders.empty()) return absl::InvalidArgumentError("no run to compare");
  std::vector<RunStudy> runs;
  for (const std::string& folder : work_folders) {
    LB_ASSIGN_OR_RETURN(RunStudy run, ReadRun(folder));
    runs.push_back(std::move(run));
  }
  return RenderPage(PageOfRuns(runs));
}

}  // namespace lookbook
