// TrainLoop's looks at the network: what is measured, noted and kept.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/train/tensor_file.h"
#include "models/train/train_loop.h"
#include "models/train/weights.h"

namespace lookbook {
namespace {

constexpr int64_t kTrainSample = 256;   // In place of a validation part,
constexpr int64_t kTrainCompare = 512;  // and beside one.
constexpr int kValidationBatch = 64;

double Metric(const ValidationResult& validation, absl::string_view name) {
  return name == "map" ? validation.map : validation.ndcg_at_10;
}

std::vector<int64_t> EvenSample(const std::vector<int64_t>& rows, int64_t count) {
  const int64_t all = static_cast<int64_t>(rows.size());
  std::vector<int64_t> out;
  for (int64_t i = 0; i < std::min(all, count); ++i)
    out.push_back(rows[i * all / std::min(all, count)]);
  return out;
}

}  // namespace

absl::Status TrainLoop::MakeValidationLoaders(const StageRecipe& stage) {
  LoaderOptions options;
  options.batch_size = kValidationBatch;
  options.shuffle = false;
  options.drop_last = false;
  options.seed = recipe_.seed;
  options.workers = recipe_.data.workers;
  options.device = plan_.device;
  if (!plan_.device.is_cpu()) options.augment.backend = "batch";  // Without changes: one copy.
  options.pixels = pixels_;
  if (features_.has_value()) options.features = features_->features;
  const Split& split = set_.split;
  const bool has_validation = !split.validation.empty();
  const std::vector<int64_t> rows =
      has_validation ? split.validation : EvenSample(split.train, kTrainSample);
  LB_ASSIGN_OR_RETURN(validation_, Loader::Create(set_.data, set_.cache, set_.spec, rows, options));
  validation_views_.reset();
  if (stage.Has(LossKind::kSelfSupervised)) {
    LoaderOptions views = TrainViews(stage);
    views.shuffle = false;
    // Whole batches of training's size, on which contrast depends; a part that has none is one.
    views.batch_size = std::min(views.batch_size, static_cast<int>(rows.size()));
    LB_ASSIGN_OR_RETURN(validation_views_,
                        Loader::Create(set_.data, set_.cache, set_.spec, rows, std::move(views)));
  }
  train_sample_.reset();
  if (!has_validation) return absl::OkStatus();
  LB_ASSIGN_OR_RETURN(train_sample_,
                      Loader::Create(set_.data, set_.cache, set_.spec,
                                     EvenSample(split.train, kTrainCompare), options));
  return absl::OkStatus();
}

HistoryEntry TrainLoop::MakeEntry(const StageRecipe& stage, ValidationResult validation) const {
  const RunPosition& position = state_.position;
  const double steps = static_cast<double>(std::max<int64_t>(position.window_steps, 1));
  HistoryEntry entry = {
      .stage = stage.name,
      .stage_step = position.stage_step,
      .step = position.step,
      .epoch = position.epoch - 1,
      .seconds = position.seconds,
      .images_per_second = steps * stage.batch_size / std::max(position.window_seconds, 1e-9),
      .learning_rate = Rate(stage, position.stage_step - 1),
      .train_loss = position.window_loss / steps,
      .gradient_norm = position.window_gradient / steps,
      .batch_std_sqrt_d = position.look.std_sqrt_d,
      .looks = position.window_looks,
      .validation = std::move(validation)};
  for (const auto& [name, sum] : position.window_figures) entry.figures[name] = sum / steps;
  ResolveShares(position.window_shares, &entry.figures);
  return entry;
}

std::string TrainLoop::HealthToKeep(const StageRecipe& stage, const std::string& judged) const {
  const bool as_found = !MovesEmbedding(stage, spec_.embedding_dim);
  return as_found ? WorseHealth(judged, state_.position.found_health) : judged;
}

// An embedding that came with network.init and has not moved yet; a random one is no one's fault.
void TrainLoop::NoteFound(const StageRecipe& stage, const ValidationResult& validation) {
  if (recipe_.network.init == "he" || MovesEmbedding(stage, spec_.embedding_dim)) return;
  const Health health = JudgeFoundEmbedding(validation, spec_.embedding_dim == 0);
  std::string& found = state_.position.found_health;
  found = WorseHealth(HealthName(health), found);
}

// With the averaged weights in place, where there are some. A collapsed network is no result,
// whatever it scores, unless the guard only watches.
absl::Status TrainLoop::KeepIfBest(const StageRecipe& stage, HistoryEntry* entry) {
  if (set_.split.validation.empty() || stage.keep == "last") return absl::OkStatus();
  if (stage.guard.action == "restore" && HealthNamed(entry->health) == Health::kRed)
    return absl::OkStatus();
  const double value = Metric(entry->validation, stage.keep);
  if (value <= state_.position.best) return absl::OkStatus();
  LB_RETURN_IF_ERROR(SavePlainWeights("best.pt"));
  state_.position.best = value;
  state_.position.kept_health = HealthToKeep(stage, entry->health);
  entry->best = true;
  return absl::OkStatus();
}

void TrainLoop::NoteEarlyStop(const StageRecipe& stage, const ValidationResult& validation) {
  if (stage.early_stop.metric.empty() || set_.split.validation.empty()) return;
  RunPosition& position = state_.position;
  const double value = Metric(validation, stage.early_stop.metric);
  position.stale = value > position.early_best ? 0 : position.stale + 1;
  position.early_best = std::max(position.early_best, value);
  position.stopped_early = position.stale >= stage.early_stop.patience;
}

absl::StatusOr<HistoryEntry> TrainLoop::Measure(const StageRecipe& stage) {
  const bool has_validation = !set_.split.validation.empty();
  LB_ASSIGN_OR_RETURN(ValidationResult validation,
                      Validate(has_validation ? "validation" : "train sample", *state_.module,
                               *validation_, *parts_.objective, validation_views_.get()));
  HistoryEntry entry = MakeEntry(stage, std::move(validation));
  Judge(stage, &entry);
  NoteFound(stage, entry.validation);
  if (train_sample_ != nullptr) {
    LB_ASSIGN_OR_RETURN(entry.train, MeasureTrainSample(*state_.module, *train_sample_));
  }
  LB_RETURN_IF_ERROR(KeepIfBest(stage, &entry));
  return entry;
}

// Whether the average helps. The scores alone: the rest is said of what is kept.
absl::StatusOr<std::optional<double>> TrainLoop::MeasureRawMap() {
  if (parts_.average == nullptr) return std::nullopt;
  LB_ASSIGN_OR_RETURN(const TrainSampleResult raw,
                      MeasureTrainSample(*state_.module, *validation_));
  return raw.map;
}

absl::Status TrainLoop::ValidateNow(const StageRecipe& stage) {
  LB_RETURN_IF_ERROR(ReadSteps());
  RunPosition& position = state_.position;
  LB_ASSIGN_OR_RETURN(const std::optional<double> raw_map, MeasureRawMap());
  if (parts_.average != nullptr) parts_.average->Swap();
  absl::StatusOr<HistoryEntry> measured = Measure(stage);
  if (parts_.average != nullptr) parts_.average->Swap();
  LB_ASSIGN_OR_RETURN(HistoryEntry entry, std::move(measured));
  entry.raw_map = raw_map;
  position.window_steps = 0;
  position.window_seconds = position.window_loss = position.window_gradient = 0;
  position.window_figures.clear();
  position.window_shares.clear();
  position.window_looks.clear();
  NoteEarlyStop(stage, entry.validation);
  const GuardAction action = Guard(stage, &entry);
  state_.history.push_back(std::move(entry));
  if (options_.on_validation) options_.on_validation(state_.history.back());
  LB_RETURN_IF_ERROR(WriteHistory());
  return ActOn(action, stage);
}

void TrainLoop::Judge(const StageRecipe& stage, HistoryEntry* entry) const {
  const RunPosition& position = state_.position;
  const bool second_half = 2 * position.stage_step >= parts_.steps;
  const HealthContext context = {
      .pooled = spec_.embedding_dim == 0,
      .judge_embedding = MovesEmbedding(stage, spec_.embedding_dim),
      .judge_labels = stage.Has(LossKind::kClassification) && second_half,
      .learns_labels =
          (stage.Has(LossKind::kClassification) || stage.Has(LossKind::kMetric)) && second_half,
      .gradient_norm = entry->gradient_norm,
      .figures = entry->figures,
      .landmarks = parts_.landmarks,
      .landmark_steps = position.landmark_steps};
  const HealthReport report = JudgeHealth(entry->validation, context);
  entry->health = HealthName(report.health);
  entry->health_reasons = report.reasons;
}

// Notes in the judged entry what is about to happen.
GuardAction TrainLoop::Guard(const StageRecipe& stage, HistoryEntry* entry) {
  RunPosition& position = state_.position;
  const int red = position.guard.red_in_a_row + 1;
  const GuardAction action =
      NoteHealth(stage.guard, HealthNamed(entry->health), StageIsOver(), &position.guard);
  if (action == GuardAction::kRestore) {
    entry->event = absl::StrFormat(
        "guard: %s; back to the last green weights, learning rate x%.3g, triplets one step easier",
        red < stage.guard.patience ? "red at the end of a stage"
                                   : absl::StrFormat("red %d times in a row", red),
        position.guard.rate_scale);
  } else if (action == GuardAction::kGiveUp) {
    entry->event = position.guard.has_green ? "guard: red again after every way back; stopped"
                                            : "guard: red and never green; stopped";
  }
  return action;
}

absl::Status TrainLoop::ActOn(GuardAction action, const StageRecipe& stage) {
  switch (action) {
    case GuardAction::kGoOn:
      return absl::OkStatus();
    case GuardAction::kKeepGreen:
      return KeepGreen();
    case GuardAction::kRestore:
      return GoBack(stage);
    case GuardAction::kGiveUp:
      break;
  }
  const HistoryEntry& entry = state_.history.back();
  return absl::AbortedError(absl::StrCat(
      "training collapsed: stage ", stage.name, ", step ", entry.step, ": ", entry.event, ". ",
      absl::StrJoin(entry.health_reasons, "; "), ". ", Path("history.json"),
      " has every validation; docs/training.md, \"When a training collapses\", says what helps."));
}

absl::Status TrainLoop::CopyWithin(const char* from, const char* to) const {
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(Path(from)));
  return WriteFileAtomic(Path(to), bytes);
}

// With the best weights so far: what is better on the way to a collapse goes with it.
absl::Status TrainLoop::KeepGreen() {
  if (state_.position.best >= 0) LB_RETURN_IF_ERROR(CopyWithin("best.pt", "green_best.pt"));
  return SaveCheckpoint(Path("green.pt"), identity_, state_);
}

// The last green state, but for what happened since and what is easier from now on.
absl::Status TrainLoop::GoBack(const StageRecipe& stage) {
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<Checkpoint> green,
                      Checkpoint::Load(Path("green.pt"), identity_));
  const GuardState guard = state_.position.guard;
  const std::vector<HistoryEntry> history = state_.history;
  const double seconds = state_.position.seconds;
  const int64_t images = state_.position.images;
  LB_ASSIGN_OR_RETURN(parts_, MakeStage(stage));
  state_.optimizer = parts_.optimizer.optimizer.get();
  state_.average = parts_.average.get();
  LB_RETURN_IF_ERROR(green->Restore(&state_));
  state_.position.guard = guard;
  state_.position.seconds = seconds;
  state_.position.images = images;
  state_.history = history;
  if (state_.position.best >= 0) LB_RETURN_IF_ERROR(CopyWithin("green_best.pt", "best.pt"));
  return Save();
}

absl::Status TrainLoop::WriteHistory() {
  return WriteFileAtomic(Path("history.json"), HistoryToJson(state_.history));
}

// As weights of plain features, without a trace in the network.
absl::Status TrainLoop::SavePlainWeights(const char* name) {
  const EmbedderNet& net = state_.module->net;
  if (!features_.has_value()) return SaveWeights(Path(name), spec_, net);
  std::map<std::string, torch::Tensor> before;
  CollectTensors(*net, "", &before);
  net->UnstandardizeHeads();
  const absl::Status status = SaveWeights(Path(name), spec_, net);
  LB_RETURN_IF_ERROR(RestoreTensors(before, "", *net));
  net->StandardizeHeads(features_->mean.to(plan_.device), features_->deviation.to(plan_.device),
                        /*keep_weights=*/true);
  return status;
}

// The averaged weights where there are some.
absl::Status TrainLoop::KeepWeights(const char* name) {
  if (parts_.average != nullptr) parts_.average->Swap();
  const absl::Status status = SavePlainWeights(name);
  if (parts_.average != nullptr) parts_.average->Swap();
  return status;
}

}  // namespace lookbook
