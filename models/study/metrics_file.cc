#include "models/study/metrics_file.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "models/report/csv_field.h"
#include "models/study/run_reader.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;
using Figures = std::map<std::string, double>;

Figures ClassFigures(const EvaluatedClass& entry) {
  return {{"support", static_cast<double>(entry.support)},
          {"ap", entry.ap},
          {"f1", entry.f1},
          {"f1_tuned", entry.f1_tuned},
          {"threshold", entry.threshold}};
}

Figures CalibrationFigures(const CalibrationResult& calibration) {
  const ReliabilityBin first = Pooled(calibration.reliability_first);
  const ReliabilityBin ten = Pooled(calibration.reliability);
  return {{"queries", static_cast<double>(calibration.queries)},
          {"pairs", static_cast<double>(calibration.pairs)},
          {"ece_before", calibration.ece_before},
          {"ece_after", calibration.ece_after},
          {"ece_first", ExpectedCalibrationError(calibration.reliability_first)},
          {"predicted", ten.predicted},
          {"observed", ten.observed},
          {"predicted_first", first.predicted},
          {"observed_first", first.observed},
          {"novelty_similarity", calibration.novelty_similarity}};
}

// Of the last validation, but for the time. What was measured on training images is called so.
Figures TrainingFigures(const RunStudy& run) {
  const HistoryEntry& last = run.history.back();
  const ValidationResult& looked = last.validation;
  const std::string part = absl::StrReplaceAll(looked.part, {{" ", "_"}});
  Figures out = {{"steps", static_cast<double>(last.step)},
                 {"seconds", run.train_seconds},
                 {"train_loss", last.train_loss},
                 {absl::StrCat(part, "_loss"), looked.loss},
                 {absl::StrCat(part, "_map"), looked.map},
                 {absl::StrCat(part, "_f1_macro"), looked.f1_macro}};
  if (last.train.has_value()) {
    out["train_sample_map"] = last.train->map;
    out["train_sample_f1_macro"] = last.train->f1_macro;
  }
  return out;
}

Figures NeighborFigures(const NeighborStudy& study) {
  return {{"queries", static_cast<double>(study.queries)},
          {"items", static_cast<double>(study.items)},
          {"mean_jaccard_at_5", study.overlap}};
}

struct Lines {
  std::string text = "scope,name,metric,value\n";

  void Add(const std::string& scope, const std::string& name, const Figures& figures) {
    for (const auto& [metric, value] : figures) {
      absl::StrAppend(&text, scope, ",", CsvTextField(name), ",", CsvField(metric), ",",
                      std::isfinite(value) ? absl::StrFormat("%.9g", value) : "", "\n");
    }
  }
};

}  // namespace

std::string MetricsToJson(const RunStudy& run) {
  Json json = {{"recipe", run.recipe},
               {"data", run.data},
               {"bundle_id", run.bundle_id},
               {"state", RunStateName(run.state)}};
  if (run.evaluation.has_value()) {
    const EvaluationFacts& facts = *run.evaluation;
    json["split"] = facts.split;
    json["images"] = facts.images;
    json["values"] = facts.values;
    json["chance"] = {{"random", facts.random}, {"label_frequency", facts.frequency}};
    json["classes"] = Json::array();
    for (const EvaluatedClass& entry : facts.classes) {
      Json row = {{"id", entry.id}, {"name", entry.name}};
      row.update(Json(ClassFigures(entry)));
      json["classes"].push_back(row);
    }
  }
  if (run.calibration.has_value()) {
    json["calibration"] = CalibrationFigures(*run.calibration);
    json["calibration"]["source"] = run.calibration->source;
  }
  if (!run.history.empty()) {
    json["training"] = TrainingFigures(run);
    json["training"]["part"] = run.history.back().validation.part;
    json["training"]["health"] = run.history.back().health;
  }
  if (run.neighbors.queries > 0) json["neighbors"] = NeighborFigures(run.neighbors);
  // Names and paths need not be UTF-8.
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::string MetricsToCsv(const RunStudy& run) {
  Lines lines;
  if (run.evaluation.has_value()) {
    const EvaluationFacts& facts = *run.evaluation;
    lines.Add("set", facts.split, facts.values);
    lines.Add("chance", "random", facts.random);
    lines.Add("chance", "label_frequency", facts.frequency);
    for (const EvaluatedClass& entry : facts.classes)
      lines.Add("class", entry.name, ClassFigures(entry));
  }
  if (run.calibration.has_value())
    lines.Add("calibration", run.calibration->source, CalibrationFigures(*run.calibration));
  if (!run.history.empty()) lines.Add("training", run.recipe, TrainingFigures(run));
  if (run.neighbors.queries > 0) {
    lines.Add("neighbors", run.evaluation.has_value() ? run.evaluation->split : "",
              NeighborFigures(run.neighbors));
  }
  return lines.text;
}

}  // namespace lookbook
