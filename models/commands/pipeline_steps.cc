// The work of Pipeline's steps.
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/stop_signal.h"
#include "engine/bundle/bundle.h"
#include "engine/bundle/bundle_writer.h"
#include "engine/embed/torch_cuda.h"
#include "models/commands/calibration_file.h"
#include "models/commands/cores.h"
#include "models/commands/history_line.h"
#include "models/commands/index_gallery.h"
#include "models/commands/initial_bundle.h"
#include "models/commands/load_images.h"
#include "models/commands/manifest_builder.h"
#include "models/commands/model_file.h"
#include "models/commands/pair_report.h"
#include "models/commands/pipeline.h"
#include "models/commands/progress.h"
#include "models/dataset/image_cache.h"
#include "models/evaluate/bundle_evaluator.h"
#include "models/evaluate/evaluation_text.h"
#include "models/train/network_setup.h"
#include "models/train/trainer.h"

namespace lookbook {
namespace {

constexpr size_t kNamesShown = 5;

// Removes `rows` (ascending) from a part of the split.
void Exclude(const std::vector<int64_t>& rows, std::vector<int64_t>* part) {
  std::vector<int64_t> kept;
  std::set_difference(part->begin(), part->end(), rows.begin(), rows.end(),
                      std::back_inserter(kept));
  *part = std::move(kept);
}

// The lines of a validation, and one for each thing that is wrong or was done about it.
void PrintHistory(const HistoryEntry& entry, ProgressLine* progress) {
  progress->Print(HistoryLine(entry));
  progress->Print(absl::StrCat("  ", DiagnosticsLine(entry)));
  for (const std::string& reason : entry.health_reasons)
    progress->Print(absl::StrCat("  ", entry.health, ": ", reason));
  if (!entry.event.empty()) progress->Print(absl::StrCat("  ", entry.event));
}

std::string FirstFew(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kNamesShown);
  std::string text =
      absl::StrJoin(names.begin(), names.begin() + static_cast<int64_t>(shown), ", ");
  if (shown < names.size()) absl::StrAppend(&text, ", …");
  return names.empty() ? "" : absl::StrCat(" (", text, ")");
}

void PrintInitialWeights(const std::string& init, const InitReport& report) {
  std::printf(
      "init     %s: %zu tensors taken; %zu of the network keep their start%s; %zu of the "
      "file are left over%s\n",
      init.c_str(), report.loaded.size(), report.missing.size(), FirstFew(report.missing).c_str(),
      report.left_over.size(), FirstFew(report.left_over).c_str());
}

absl::Status WriteTrainResult(const std::string& path, const TrainResult& result) {
  const nlohmann::json json = {
      {"steps", result.steps},
      {"seconds", result.seconds},
      {"images_per_second", result.images_per_second},
      {"best_metric", result.best_metric},
      {"best", result.best < 0 ? nlohmann::json() : nlohmann::json(result.best)},
      {"health", result.health},
      {"kept_health", result.kept_health}};
  return WriteFileAtomic(path, JsonText(json));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ImageCache>> Pipeline::CacheImages(Split* split) {
  LB_ASSIGN_OR_RETURN(PreparedImages images, LoadImages(recipe_.data, data_, spec_, Cores()));
  LB_RETURN_IF_ERROR(problems_.AddUnreadable(recipe_.data.csv,
                                             UnreadablePictures(data_.images, images.unreadable)));
  std::vector<int64_t> rows;
  for (const UnreadableImage& image : images.unreadable) rows.push_back(image.row);
  Exclude(rows, &split->train);
  Exclude(rows, &split->validation);
  return std::move(images.cache);
}

// Goes on from a checkpoint of the same inputs (TrainInputs) when there is one.
absl::Status Pipeline::TrainNow() {
  // Before torch looks for devices: what it does not find then it never finds.
  if (recipe_.device == "cuda") LB_RETURN_IF_ERROR(LoadTorchCuda());
  if (options_.fresh) LB_RETURN_IF_ERROR(RemoveAll(work_.Path("train")));
  TrainOptions options;
  options.directory = work_.Path("train");
  options.resume = options_.resume || PathExists(work_.Path("train/checkpoint.pt"));
  options.pictures_id = files_sha256_;
  options.init_id = Sha256Hex(init_);
  LB_ASSIGN_OR_RETURN(options.bundle_model, FindInitialModel(recipe_.network.init));
  // Before every picture is decoded. A checkpoint has weights of its own.
  if (!options.resume) {
    LB_RETURN_IF_ERROR(CheckInitialWeights(recipe_, options.bundle_model,
                                           static_cast<int>(data_.labels.classes.size())));
  }
  Split split = split_;
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<ImageCache> cache, CacheImages(&split));
  LB_ASSIGN_OR_RETURN(const std::vector<std::string> pairs,
                      PairReport(recipe_, data_, split.train));
  for (const std::string& line : pairs) std::printf("pairs    %s\n", line.c_str());
  ProgressLine progress("train", "steps");
  options.should_stop = [] { return StopRequested(); };
  bool started = false;
  options.on_step = [&](const StepReport& report) {
    if (!std::exchange(started, true)) progress.StartAt(report.step - 1);
    progress.Update(report.step, report.total_steps, StepText(report));
  };
  options.on_note = [&](absl::string_view note) { progress.Print(std::string(note)); };
  options.on_validation = [&](const HistoryEntry& entry) { PrintHistory(entry, &progress); };
  options.on_initialized = [&](const InitReport& report) {
    PrintInitialWeights(recipe_.network.init, report);
  };
  const TrainingSet set{data_, split, *cache, spec_};
  absl::StatusOr<TrainResult> result = lookbook::Train(recipe_, set, options);
  // What lies there is another run's or damaged: say so and begin anew, unless the caller insists
  // on it.
  const bool unusable =
      absl::IsFailedPrecondition(result.status()) || absl::IsDataLoss(result.status());
  if (unusable && options.resume && !options_.resume) {
    std::fprintf(stderr, "train    starting over: %s\n",
                 std::string(result.status().message()).c_str());
    options.resume = false;
    LB_RETURN_IF_ERROR(CheckInitialWeights(recipe_, options.bundle_model,
                                           static_cast<int>(data_.labels.classes.size())));
    result = lookbook::Train(recipe_, set, options);
  }
  LB_RETURN_IF_ERROR(result.status());
  progress.Finish();
  LB_RETURN_IF_ERROR(WriteTrainResult(work_.Path("train/result.json"), *result));
  std::printf("train    %lld steps in %s, %.0f images/s; %s; weights: %s\n",
              static_cast<long long>(result->steps),
              HumanDuration(absl::Seconds(result->seconds)).c_str(), result->images_per_second,
              result->kept_health.c_str(), result->weights_path.c_str());
  return absl::OkStatus();
}

absl::StatusOr<Pipeline::JudgedPart> Pipeline::Judged() {
  if (!recipe_.data.holdout_csv.empty()) {
    LB_ASSIGN_OR_RETURN(const FashionData* holdout, Holdout());
    return JudgedPart{std::string(absl::StripSuffix(recipe_.data.holdout_csv, ".csv")),
                      holdout->labels, holdout->images, recipe_.data.holdout_csv};
  }
  JudgedPart part{!split_.test.empty()         ? "test"
                  : !split_.validation.empty() ? "validation"
                                               : "train",
                  data_.labels,
                  {},
                  recipe_.data.csv};
  for (const int64_t row : part.name == "test"         ? split_.test
                           : part.name == "validation" ? split_.validation
                                                       : split_.train) {
    part.images.push_back(data_.images[row]);
  }
  return part;
}

absl::Status Pipeline::EvaluateNow() {
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<Embedder> model, OpenModel());
  LB_ASSIGN_OR_RETURN(const JudgedPart part, Judged());
  const std::string& name = part.name;
  if (name == "train")
    std::fprintf(stderr,
                 "evaluate there is no held-out part: these numbers are of the training images\n");
  LB_ASSIGN_OR_RETURN(CalibrationFacts calibration,
                      ReadCalibration(work_.Path("calibration.json")));
  // Thresholds are never judged on images that they were tuned on.
  if (name == "validation" || name == "train") calibration.thresholds.clear();
  LB_ASSIGN_OR_RETURN(const Gallery gallery, OpenGallery(work_.Path("index"), recipe_.index_spec,
                                                         data_.labels, model->shape().dim));
  ProgressLine progress("evaluate");
  const ServedModel served{*model, spec_, data_.labels};
  LB_ASSIGN_OR_RETURN(const ModelEvaluation evaluation,
                      EvaluateModel(served, part.labels, part.images,
                                    {.split = name,
                                     .threads = Cores(),
                                     .thresholds = calibration.thresholds,
                                     .gallery = &gallery,
                                     .progress = [&](int64_t done, int64_t total) {
                                       progress.Update(done, total);
                                     }}));
  progress.Finish();
  LB_RETURN_IF_ERROR(
      problems_.AddUnreadable(part.csv, UnreadablePictures(part.images, evaluation.unreadable)));
  std::printf("%s", EvaluationTable(evaluation.set).c_str());
  return WriteFileAtomic(work_.Path("evaluation.json"), EvaluationToJson(evaluation.set));
}

}  // namespace lookbook
