#include "models/study/training_sections.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "models/report/numbers_text.h"

namespace lookbook {
namespace {

using History = std::vector<HistoryEntry>;

// Where stages begin and where the guard acted.
std::vector<ReportBoundary> BoundariesOf(const History& history) {
  std::vector<ReportBoundary> out;
  for (size_t i = 1; i < history.size(); ++i) {
    if (history[i].stage != history[i - 1].stage)
      out.push_back({static_cast<double>(history[i - 1].step), history[i].stage});
  }
  for (const HistoryEntry& entry : history) {
    if (!entry.event.empty()) out.push_back({static_cast<double>(entry.step), "guard"});
  }
  return out;
}

// A curve has a gap where the guard went back to an earlier step.
void AddPoint(int64_t step, double value, ReportSeries* series) {
  const double x = static_cast<double>(step);
  if (!series->x.empty() && x <= series->x.back()) {
    series->x.push_back(x);
    series->values.push_back(kNotMeasured);
  }
  series->x.push_back(x);
  series->values.push_back(value);
}

struct NamedFigure {
  std::string name;
  HistoryFigure figure;
};

ReportChart StepChart(const History& history, const std::string& title,
                      const std::vector<NamedFigure>& figures) {
  ReportChart chart;
  chart.kind = ChartKind::kCurve;
  chart.title = title;
  chart.x_title = "step";
  chart.half = true;
  chart.boundaries = BoundariesOf(history);
  for (const NamedFigure& entry : figures)
    chart.series.push_back(HistorySeries(entry.name, history, entry.figure));
  return chart;
}

using LookFigure = std::function<std::optional<double>(const BatchLook&)>;

// One figure of every batch that was looked at; nothing of those that do not have it.
ReportSeries LookSeries(const std::string& name, const History& history, const LookFigure& figure) {
  ReportSeries series{.name = name};
  for (const HistoryEntry& entry : history) {
    for (const BatchLook& look : entry.looks) {
      if (const std::optional<double> value = figure(look)) AddPoint(look.step, *value, &series);
    }
  }
  return series;
}

HistoryFigure OfValidation(double ValidationResult::*member) {
  return [member](const HistoryEntry& entry) { return entry.validation.*member; };
}

HistoryFigure OfTrainSample(double TrainSampleResult::*member) {
  return [member](const HistoryEntry& entry) {
    return entry.train.has_value() ? (*entry.train).*member : kNotMeasured;
  };
}

HistoryFigure OfObjective(const std::string& name) {
  return [name](const HistoryEntry& entry) { return ValueOf(entry.figures, name); };
}

// Images of the train sample; 0 where none was looked at.
int64_t TrainSampleImages(const History& history) {
  const auto found = std::find_if(history.begin(), history.end(), [](const HistoryEntry& entry) {
    return entry.train.has_value();
  });
  return found == history.end() ? 0 : found->train->images;
}

bool HasRawMap(const History& history) {
  return std::any_of(history.begin(), history.end(),
                     [](const HistoryEntry& entry) { return entry.raw_map.has_value(); });
}

// Validation, and beside it the training images where they were looked at.
std::vector<NamedFigure> BothParts(const History& history, double ValidationResult::*validation,
                                   double TrainSampleResult::*train) {
  std::vector<NamedFigure> out = {{history.back().validation.part, OfValidation(validation)}};
  if (TrainSampleImages(history) > 0) out.push_back({"train sample", OfTrainSample(train)});
  return out;
}

// Shares that the validation measured, too: those whose names begin so.
void AddValidationShares(const History& history, absl::string_view prefix,
                         std::vector<NamedFigure>* shares) {
  const std::string& part = history.back().validation.part;
  std::set<std::string> names;
  for (const HistoryEntry& entry : history) {
    for (const auto& [name, value] : entry.validation.figures) {
      if (absl::StartsWith(name, prefix)) names.insert(name);
    }
  }
  for (const std::string& name : names) {
    shares->push_back({absl::StrCat(name, ", ", part), [name](const HistoryEntry& entry) {
                         return ValueOf(entry.validation.figures, name);
                       }});
  }
}

// The objective's own figures: its terms, shares of triplets and of rotations, numbers of anchors.
void AddObjectiveCharts(const History& history, ReportSection* section) {
  std::vector<NamedFigure> terms, triplets, rotation, anchors;
  std::set<std::string> names;
  for (const HistoryEntry& entry : history) {
    for (const auto& [name, value] : entry.figures) names.insert(name);
  }
  for (const std::string& name : names) {
    auto& group = absl::StartsWith(name, "anchors_")    ? anchors
                  : absl::StartsWith(name, "triplet_")  ? triplets
                  : absl::StartsWith(name, "rotation_") ? rotation
                                                        : terms;
    group.push_back({name, OfObjective(name)});
  }
  AddValidationShares(history, "triplet_", &triplets);
  AddValidationShares(history, "rotation_", &rotation);
  if (terms.size() > 1)
    section->blocks.push_back(StepChart(history, "Terms of the loss, unweighted", terms));
  if (!triplets.empty()) section->blocks.push_back(StepChart(history, "Triplets, share", triplets));
  if (!rotation.empty())
    section->blocks.push_back(StepChart(history, "Rotations named rightly, share", rotation));
  if (!anchors.empty())
    section->blocks.push_back(StepChart(history, "Anchors of a batch, by rule", anchors));
}

// The spread, of validations and of batches between them, and the triplets of those batches.
void AddLookCharts(const History& history, ReportSection* section) {
  ReportChart spread =
      StepChart(history, "Spread: std·√D",
                {{history.back().validation.part, OfValidation(&ValidationResult::std_sqrt_d)}});
  ReportSeries batches = LookSeries("a batch in 50 steps", history,
                                    [](const BatchLook& look) { return look.std_sqrt_d; });
  if (batches.x.empty()) {  // Earlier versions kept one a validation.
    batches = HistorySeries("latest batch", history,
                            [](const HistoryEntry& entry) { return entry.batch_std_sqrt_d; });
  }
  spread.series.push_back(std::move(batches));
  section->blocks.push_back(std::move(spread));
  ReportChart triplets = StepChart(history, "Triplets of a batch in 50 steps, share", {});
  triplets.series = {
      LookSeries("active", history, [](const BatchLook& look) { return look.triplet_active; }),
      LookSeries("ordered rightly", history,
                 [](const BatchLook& look) { return look.triplet_accuracy; })};
  if (!triplets.series[0].x.empty()) section->blocks.push_back(std::move(triplets));
}

ReportFacts TrainingFacts(const RunStudy& run) {
  const HistoryEntry& last = run.history.back();
  const auto best = std::max_element(run.history.begin(), run.history.end(),
                                     [](const HistoryEntry& a, const HistoryEntry& b) {
                                       return a.validation.map < b.validation.map;
                                     });
  const double seconds = std::max(run.train_seconds, last.seconds);
  return {{{"steps", WithCommas(last.step), absl::StrCat("in ", run.history.size(), " looks")},
           {"time in steps", absl::StrFormat("%.1f min", seconds / 60), "validation left out"},
           {"speed", absl::StrFormat("%.0f", last.images_per_second), "images/s at the end"},
           {absl::StrCat("best mAP, ", last.validation.part), FigureText(best->validation.map),
            absl::StrCat("at step ", WithCommas(best->step))},
           {"health at the end", last.health, absl::StrJoin(last.health_reasons, "; ")}}};
}

ReportTable EventTable(const History& history) {
  ReportTable table;
  table.title = "What the guard saw and did";
  table.columns = {{"step", true}, {"stage"}, {"health"}, {"why"}, {"event"}};
  for (const HistoryEntry& entry : history) {
    if (entry.health_reasons.empty() && entry.event.empty()) continue;
    table.rows.push_back({WithCommas(entry.step), entry.stage, entry.health,
                          absl::StrJoin(entry.health_reasons, "; "), entry.event});
  }
  return table;
}

}  // namespace

ReportSeries HistorySeries(const std::string& name, const std::vector<HistoryEntry>& history,
                           const HistoryFigure& figure) {
  ReportSeries series{.name = name};
  for (const HistoryEntry& entry : history) AddPoint(entry.step, figure(entry), &series);
  return series;
}

ReportSection TrainingSection(const RunStudy& run) {
  const History& history = run.history;
  ReportSection section;
  section.title = "Training";
  if (history.empty()) {
    section.blocks.push_back(ReportText{"There is no train/history.json.", true});
    return section;
  }
  section.lead = absl::StrCat(
      "Measured on the training network, after every epoch and at the end of a stage; part: ",
      history.back().validation.part, ", ", WithCommas(history.back().validation.images),
      " images.",
      TrainSampleImages(history) > 0
          ? absl::StrCat(" Train sample: ", WithCommas(TrainSampleImages(history)),
                         " training images, not augmented.")
          : "");
  section.blocks.push_back(TrainingFacts(run));
  section.blocks.push_back(
      StepChart(history, "Loss",
                {{"train", [](const HistoryEntry& entry) { return entry.train_loss; }},
                 {history.back().validation.part, OfValidation(&ValidationResult::loss)}}));
  std::vector<NamedFigure> map =
      BothParts(history, &ValidationResult::map, &TrainSampleResult::map);
  if (HasRawMap(history)) {
    map.push_back({"raw weights, not averaged",
                   [](const HistoryEntry& entry) { return entry.raw_map.value_or(kNotMeasured); }});
  }
  map.push_back({"chance", OfValidation(&ValidationResult::prevalence)});
  section.blocks.push_back(StepChart(history, "mAP", map));
  section.blocks.push_back(
      StepChart(history, "F1 macro at 0.5",
                BothParts(history, &ValidationResult::f1_macro, &TrainSampleResult::f1_macro)));
  section.blocks.push_back(
      StepChart(history, "Retrieval inside the part",
                {{"nDCG@10", OfValidation(&ValidationResult::ndcg_at_10)},
                 {"R@1, more than two shared", OfValidation(&ValidationResult::recall_at_1)}}));
  AddObjectiveCharts(history, &section);
  section.blocks.push_back(StepChart(
      history, "Learning rate",
      {{"learning rate", [](const HistoryEntry& entry) { return entry.learning_rate; }}}));
  section.blocks.push_back(StepChart(
      history, "Gradient norm, before clipping",
      {{"gradient norm", [](const HistoryEntry& entry) { return entry.gradient_norm; }}}));
  return section;
}

ReportSection DiagnosticSection(const RunStudy& run) {
  const History& history = run.history;
  ReportSection section;
  section.title = "Diagnostics";
  section.lead =
      "Does everything land in one spot, is one picture everybody's neighbour, does every picture "
      "get the same labels? docs/training.md, \"Diagnostics\", says what is healthy.";
  if (history.empty()) return section;
  AddLookCharts(history, &section);
  section.blocks.push_back(StepChart(
      history, "Mean cosine",
      {{"mean cosine", OfValidation(&ValidationResult::mean_cosine)},
       {"share of the first direction", OfValidation(&ValidationResult::top1_singular_share)}}));
  section.blocks.push_back(StepChart(
      history, "Uniformity", {{"uniformity", OfValidation(&ValidationResult::uniformity)}}));
  section.blocks.push_back(
      StepChart(history, "Alignment, of all pairs",
                {{"more than two shared", OfValidation(&ValidationResult::alignment_ratio)}}));
  section.blocks.push_back(
      StepChart(history, "Effective rank, to be read with the spread",
                {{"of the embeddings", OfValidation(&ValidationResult::effective_rank)},
                 {"less their mean", OfValidation(&ValidationResult::effective_rank_centered)}}));
  section.blocks.push_back(StepChart(
      history, "Hubs",
      {{"largest share of the queries", OfValidation(&ValidationResult::hub_share)},
       {"images that are a neighbour", OfValidation(&ValidationResult::distinct_share)}}));
  section.blocks.push_back(StepChart(history, "Hubs: skewness",
                                     {{"skewness", OfValidation(&ValidationResult::hub_skew)}}));
  section.blocks.push_back(
      StepChart(history, "Predicted label sets",
                {{"distinct", OfValidation(&ValidationResult::distinct_label_sets)},
                 {"commonest", OfValidation(&ValidationResult::top_label_set_share)}}));
  section.blocks.push_back(
      StepChart(history, "Length of the pooled feature",
                {{"mean length", OfValidation(&ValidationResult::feature_norm)}}));
  section.blocks.push_back(
      StepChart(history, "Dead BatchNorm channels",
                {{"share", OfValidation(&ValidationResult::dead_norm_share)}}));
  const ReportTable events = EventTable(history);
  if (events.rows.empty()) {
    section.blocks.push_back(ReportText{"Every validation was green; the guard did nothing."});
  } else {
    section.blocks.push_back(events);
  }
  return section;
}

}  // namespace lookbook
