#include "models/commands/study_runs.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "models/commands/bundle_measurement.h"
#include "models/commands/cores.h"
#include "models/commands/progress.h"
#include "models/commands/work_folder.h"
#include "models/evaluate/chance.h"
#include "models/evaluate/pixel_embedder.h"
#include "models/study/recipe_text.h"
#include "models/train/history.h"
#include "models/train/weights.h"

namespace lookbook {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

nlohmann::json ReadJson(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return {};
  return nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
}

// A number of an object that may not be what it should.
double NumberOf(const nlohmann::json& json, const char* key) {
  if (!json.is_object() || !json.contains(key) || !json[key].is_number()) return 0;
  return json[key].get<double>();
}

// The last line with something on it, after what a progress bar overwrote.
std::string LastLine(const std::string& path) {
  const std::string text = ReadFile(path).value_or("");
  std::string out;
  for (const absl::string_view line : absl::StrSplit(text, absl::ByAnyChar("\r\n"))) {
    const absl::string_view trimmed = absl::StripAsciiWhitespace(line);
    if (!trimmed.empty()) out = std::string(trimmed);
  }
  return out;
}

// Of the weights that were kept, where the training came to its end; "" otherwise.
std::string KeptHealth(const std::string& work) {
  const nlohmann::json json = ReadJson(JoinPath(work, "train/result.json"));
  const bool told = json.is_object() && json.contains("kept_health");
  return told && json["kept_health"].is_string() ? json["kept_health"].get<std::string>() : "";
}

// "green", "red, red at 9 of 11".
std::string GuardText(const std::string& work) {
  const absl::StatusOr<std::string> text = ReadFile(JoinPath(work, "train/history.json"));
  if (!text.ok()) return "";
  const absl::StatusOr<std::vector<HistoryEntry>> history = HistoryFromJson(*text);
  if (!history.ok() || history->empty()) return "";
  const auto red = std::count_if(history->begin(), history->end(),
                                 [](const HistoryEntry& entry) { return entry.health == "red"; });
  const std::string kept = KeptHealth(work);
  const std::string& state = kept.empty() ? history->back().health : kept;
  if (red == 0) return state;
  return absl::StrCat(state, ", red at ", red, " of ", history->size());
}

// What a recipe says of its run.
StudyRow RowOf(const Recipe& recipe) {
  return {.run = recipe.name,
          .backbone = recipe.network.backbone,
          .init = InitText(recipe),
          .loss = LossText(recipe),
          .length = LengthText(recipe)};
}

// The bundle that the run published: CURRENT of `bundles` names it unless the network collapsed.
std::string PublishedBundle(const std::string& work, const std::string& bundles) {
  const nlohmann::json json = ReadJson(JoinPath(work, "published.json"));
  const bool named =
      json.is_object() && json.contains("bundle_id") && json["bundle_id"].is_string();
  return named ? JoinPath(bundles, json["bundle_id"].get<std::string>()) : bundles;
}

// What is known of a run whatever became of it.
StudyRow RowOf(const Recipe& recipe, const std::string& work) {
  StudyRow row = RowOf(recipe);
  row.guard = GuardText(work);
  const nlohmann::json result = ReadJson(JoinPath(work, "train/result.json"));
  row.train_seconds = NumberOf(result, "seconds");
  row.train_images_per_second = NumberOf(result, "images_per_second");
  return row;
}

std::vector<StudyClass> ClassesOf(const SetEvaluation& set) {
  std::vector<StudyClass> out;
  for (size_t j = 0; j < set.classes.size(); ++j) {
    out.push_back({.name = set.classes[j].name,
                   .support = set.classification.support[j],
                   .ap = set.classification.ap[j],
                   .f1 = set.classification.f1[j]});
  }
  return out;
}

// A row of pictures that were learned by heart would beat all others.
absl::Status RefuseTrainedOn(const Bundle& bundle, const StudyQueries& queries) {
  const TrainedOn known = ImagesTrainedOn(bundle, queries.data.images);
  if (known.images == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "trained on ", known.images, " of the ", queries.data.images.size(),
      " queries (the first: ", known.first, "), so that its figures would say nothing"));
}

}  // namespace

absl::StatusOr<RunOutcome> RememberOutcome(const std::string& path, const std::string& recipe_text,
                                           const ChildResult& now, const std::string& log) {
  RunOutcome out{.exit_code = now.exit_code, .peak_rss_bytes = now.peak_rss_bytes};
  const std::string sha256 = Sha256Hex(recipe_text);
  const nlohmann::json earlier = ReadJson(path);
  if (earlier.is_object() && earlier.value("recipe_sha256", nlohmann::json()) == sha256) {
    out.peak_rss_bytes =
        std::max(out.peak_rss_bytes, static_cast<int64_t>(NumberOf(earlier, "peak_rss_bytes")));
  }
  if (now.exit_code != 0) {
    const std::string last = LastLine(log);
    out.message = absl::StrCat("exit code ", now.exit_code, last.empty() ? "" : ": ", last);
  }
  const nlohmann::json json = {{"recipe_sha256", sha256},
                               {"exit_code", out.exit_code},
                               {"peak_rss_bytes", out.peak_rss_bytes},
                               {"message", out.message}};
  LB_RETURN_IF_ERROR(WriteFileAtomic(path, JsonText(json)));
  return out;
}

StudyRow FailedRow(const Recipe& recipe, const std::string& work, const std::string& failure) {
  StudyRow row = RowOf(recipe, work);
  row.failure = failure;
  return row;
}

StudyRow TwinRow(const Recipe& recipe, const std::string& same_as) {
  StudyRow row = RowOf(recipe);
  row.same_as = same_as;
  return row;
}

absl::StatusOr<MeasuredRun> MeasureRun(const Recipe& recipe, const std::string& work,
                                       const std::string& bundles, const StudyQueries& queries,
                                       const BootstrapOptions& bootstrap) {
  LB_ASSIGN_OR_RETURN(const std::shared_ptr<const Bundle> bundle,
                      OpenBundleOrRoot(PublishedBundle(work, bundles)));
  LB_RETURN_IF_ERROR(RefuseTrainedOn(*bundle, queries));
  LB_ASSIGN_OR_RETURN(ModelEvaluation evaluation,
                      MeasureBundle(*bundle, queries.data, queries.name, /*gallery=*/true));
  LB_ASSIGN_OR_RETURN(const LoadedNetwork network, LoadWeights(JoinPath(work, "train/weights.pt")));
  MeasuredRun out{.row = RowOf(recipe, work)};
  out.row.dim = bundle->embedder->shape().dim;
  out.row.parameters = CountParameters(network.net);
  out.row.values = EvaluationValues(evaluation.set);
  out.row.classes = ClassesOf(evaluation.set);
  out.row.embed_images_per_second = evaluation.images_per_second;
  LB_ASSIGN_OR_RETURN(const uint64_t bytes, FileSize(JoinPath(work, "export/model.ts")));
  out.row.model_bytes = static_cast<int64_t>(bytes);
  out.outputs = OutputsOf(recipe.name, std::move(evaluation));
  out.row.intervals = IntervalsOf(*out.outputs, bootstrap);
  return out;
}

absl::StatusOr<std::vector<StudyRow>> MeasureBaselines(const StudyQueries& queries,
                                                       const BootstrapOptions& bootstrap) {
  const PixelEmbedder pixels(queries.prevalence);
  ProgressLine progress("pixels");
  LB_ASSIGN_OR_RETURN(
      ModelEvaluation evaluation,
      EvaluateModel(
          {pixels, PixelSpec(), queries.data.labels}, queries.data.labels, queries.data.images,
          {.split = queries.name, .threads = Cores(), .progress = [&](int64_t done, int64_t total) {
             progress.Update(done, total);
           }}));
  progress.Finish();
  StudyRow chance{.run = "chance", .baseline = true};
  chance.values = RetrievalValues(evaluation.set.random);
  chance.values["map"] = evaluation.set.mean_prevalence;
  StudyRow frequency{.run = "label frequency", .baseline = true};
  StudyRow raw{.run = "raw pixels 8x8", .baseline = true, .dim = pixels.shape().dim};
  frequency.values = RetrievalValues(evaluation.set.frequency);
  raw.values = EvaluationValues(evaluation.set);
  // The scores are the share of the training images that have the class, whatever the picture
  // shows: the figures of label frequency, and none of the pixels.
  for (const char* key : {"map", "f1_macro", "f1_macro_supported", "f1_micro"})
    frequency.values[key] = raw.values.at(key);
  for (const char* key : {"map", "f1_macro", "f1_macro_supported", "f1_micro", "f1_samples"})
    raw.values[key] = kNaN;
  RunOutputs outputs = OutputsOf(raw.run, std::move(evaluation));
  raw.intervals = IntervalsOf(outputs, bootstrap);
  for (const char* key : {"map", "f1_macro"}) raw.intervals.erase(key);
  outputs.queries = LabelFrequencyQueries(outputs.labels);
  frequency.intervals = IntervalsOf(outputs, bootstrap);
  return std::vector<StudyRow>{std::move(chance), std::move(frequency), std::move(raw)};
}

}  // namespace lookbook
