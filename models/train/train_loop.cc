#include "models/train/train_loop.h"

#include <torch/nn/utils/clip_grad.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "models/dataset/random.h"
#include "models/recipe/compute_keys.h"
#include "models/train/schedule.h"

namespace lookbook {
namespace {

constexpr uint64_t kPairCapStream = 5;
constexpr int64_t kLookEvery = 50;  // Steps between looks at a batch's embeddings.
constexpr int64_t kReadEvery = 16;  // Steps between looks at what they measured, on a GPU.

}  // namespace

TrainLoop::TrainLoop(const Recipe& recipe, const TrainingSet& set, const TrainOptions& options)
    : recipe_(recipe), set_(set), options_(options) {}
TrainLoop::~TrainLoop() = default;

std::string TrainLoop::Path(const char* name) const { return JoinPath(options_.directory, name); }

absl::Status TrainLoop::Prepare() {
  LB_ASSIGN_OR_RETURN(plan_, MakeComputePlan(recipe_));
  const int64_t read_every = options_.read_every > 0 ? options_.read_every
                             : plan_.device.is_cpu() ? 1
                                                     : kReadEvery;
  if (read_every > 1) ledger_.emplace(read_every);
  const int threads =
      recipe_.threads > 0 ? recipe_.threads : static_cast<int>(std::thread::hardware_concurrency());
  torch::set_num_threads(std::max(threads, 1));
  LB_RETURN_IF_ERROR(MakeDirectories(options_.directory));
  // Where it computes does not make it another recipe.
  identity_ = {Sha256Hex(WithoutComputeKeys(recipe_.text)), set_.data.sha256,
               Sha256Hex(SplitToJson(set_.split, set_.data)), options_.pictures_id,
               options_.init_id};
  if (options_.resume) {
    LB_ASSIGN_OR_RETURN(resumed_, Checkpoint::Load(Path("checkpoint.pt"), identity_));
    state_.position = resumed_->position();
    state_.history = resumed_->history();
  }
  LB_RETURN_IF_ERROR(WriteHistory());  // An earlier run's is not of this one.
  return MakeNet();
}

int64_t TrainLoop::TotalSteps() const {
  int64_t total = 0;
  for (const StageRecipe& stage : recipe_.stages) {
    const int64_t batches = static_cast<int64_t>(set_.split.train.size()) / stage.batch_size;
    total += stage.steps > 0 ? stage.steps : stage.epochs * batches;
  }
  return total;
}

absl::Status TrainLoop::Run() {
  const int64_t stages = static_cast<int64_t>(recipe_.stages.size());
  if (resumed_ != nullptr && state_.position.stage == stages) {
    return resumed_->Restore(&state_);
  }
  while (state_.position.stage < stages) {
    LB_RETURN_IF_ERROR(RunStage(recipe_.stages[state_.position.stage]));
  }
  return absl::OkStatus();
}

bool TrainLoop::StageIsOver() const {
  return state_.position.stage_step >= parts_.steps || state_.position.stopped_early;
}

absl::Status TrainLoop::RunStage(const StageRecipe& stage) {
  LB_RETURN_IF_ERROR(StartStage(stage));
  saved_ = absl::Now();
  state_.module->train();
  // A run that was stopped after the last step of an epoch still owes its validation.
  while (!StageIsOver() || state_.position.batch > 0) LB_RETURN_IF_ERROR(RunEpoch(stage));
  return EndStage();
}

// Goes on where position.batch says, and validates at the end of the epoch or of the stage.
absl::Status TrainLoop::RunEpoch(const StageRecipe& stage) {
  RunPosition& position = state_.position;
  if (position.batch < parts_.loader->batches_per_epoch() && position.stage_step < parts_.steps) {
    parts_.loader->StartEpoch(position.epoch, position.batch);
    step_started_ = absl::Now();
    while (position.stage_step < parts_.steps) {
      const std::optional<Batch> batch = parts_.loader->Next();
      LB_RETURN_IF_ERROR(parts_.loader->status());
      if (!batch.has_value()) break;
      LB_RETURN_IF_ERROR(Step(stage, *batch));
    }
  }
  ++position.epoch;
  position.batch = 0;
  LB_RETURN_IF_ERROR(ValidateNow(stage));
  if (recipe_.keep_every_epoch) LB_RETURN_IF_ERROR(KeepEpoch());
  if (absl::Now() - saved_ >= options_.checkpoint_interval) return Save();
  return absl::OkStatus();
}

absl::Status TrainLoop::Step(const StageRecipe& stage, const Batch& batch) {
  RunPosition& position = state_.position;
  const double rate = Rate(stage, position.stage_step);
  double loss = 0;
  if (Queues()) {
    LB_RETURN_IF_ERROR(QueueStep(stage, batch, rate));
  } else {
    LB_ASSIGN_OR_RETURN(loss, Descend(stage, batch, rate));
    position.window_loss += loss;
  }
  CountTime();
  position.images += stage.batch_size;
  ++position.window_steps;
  ++position.stage_step;
  ++position.step;
  ++position.batch;
  if (!Queues()) {
    Report(stage, position.step, loss, rate);
  } else if (ledger_->full()) {
    LB_RETURN_IF_ERROR(ReadSteps());
  }
  return StopIfAsked();
}

void TrainLoop::CountTime() {
  const absl::Time now = absl::Now();
  const double seconds = absl::ToDoubleSeconds(now - step_started_);
  step_started_ = now;
  state_.position.seconds += seconds;
  state_.position.window_seconds += seconds;
}

void TrainLoop::Report(const StageRecipe& stage, int64_t step, double loss, double rate) const {
  const RunPosition& position = state_.position;
  if (!options_.on_step) return;
  options_.on_step(
      {.stage = stage.name,
       .step = step,
       .total_steps = TotalSteps(),
       .loss = loss,
       .learning_rate = rate,
       .look = position.look,
       .images_per_second = static_cast<double>(position.window_steps * stage.batch_size) /
                            std::max(position.window_seconds, 1e-9)});
}

double TrainLoop::Rate(const StageRecipe& stage, int64_t stage_step) const {
  return state_.position.guard.rate_scale *
         LearningRate(stage.schedule, stage.optimizer.lr, stage_step, parts_.steps);
}

// Keeps what the step's batch shows.
void TrainLoop::Look(const ObjectiveValue& value) {
  RunPosition& position = state_.position;
  for (const auto& [name, figure] : value.figures) position.window_figures[name] += figure;
  AddShares(value.shares, &position.window_shares);
  NoteLandmarks(parts_.landmarks, value.figures, &position.landmark_steps);
  if (position.step % kLookEvery != 0) return;
  position.look = LookAtBatch(position.step + 1, value);
  position.window_looks.push_back(position.look);
}

ObjectiveValue TrainLoop::Compute(const StageRecipe& stage, const Batch& batch) {
  const uint64_t seed = MixSeed({static_cast<uint64_t>(recipe_.seed), kPairCapStream,
                                 static_cast<uint64_t>(state_.position.step)});
  return parts_.objective->Compute(*state_.module,
                                   stage.mixup > 0 ? Mixup(batch, stage.mixup) : batch, seed);
}

absl::Status TrainLoop::CheckFinite(const StageRecipe& stage, const StepFigures& figures) const {
  if (std::isfinite(figures.loss) && std::isfinite(figures.gradient_norm)) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat(
      "training diverged: at step ", figures.step, " (stage ", stage.name, ", learning rate ",
      figures.rate, ") the loss is ", figures.loss, " and the gradient's norm ",
      figures.gradient_norm, ". Lower optimizer.lr, lengthen schedule.warmup or set clip_norm."));
}

absl::StatusOr<double> TrainLoop::Descend(const StageRecipe& stage, const Batch& batch,
                                          double rate) {
  const ObjectiveValue objective = Compute(stage, batch);
  const double value = objective.loss.item<double>();
  parts_.optimizer.optimizer->zero_grad();
  objective.loss.backward();
  const double limit =
      stage.clip_norm > 0 ? stage.clip_norm : std::numeric_limits<double>::infinity();
  const double norm = torch::nn::utils::clip_grad_norm_(state_.module->parameters(), limit);
  LB_RETURN_IF_ERROR(CheckFinite(
      stage,
      {.step = state_.position.step + 1, .rate = rate, .loss = value, .gradient_norm = norm}));
  parts_.optimizer.SetLearningRate(rate);
  parts_.optimizer.optimizer->step();
  Look(objective);
  if (parts_.average != nullptr) parts_.average->Update();
  state_.position.window_gradient += norm;
  return value;
}

absl::Status TrainLoop::StopIfAsked() {
  if (options_.should_stop && options_.should_stop()) {
    LB_RETURN_IF_ERROR(Save());
    return absl::CancelledError(absl::StrCat("stopped after step ", state_.position.step, " of ",
                                             TotalSteps(), "; ", Path("checkpoint.pt"),
                                             " holds the state, --resume goes on from it"));
  }
  // Long epochs are saved on the way.
  if (absl::Now() - saved_ >= 5 * options_.checkpoint_interval) return Save();
  return absl::OkStatus();
}

absl::Status TrainLoop::Save() {
  LB_RETURN_IF_ERROR(ReadSteps());  // A state that diverged is not kept.
  LB_RETURN_IF_ERROR(SaveCheckpoint(Path("checkpoint.pt"), identity_, state_));
  saved_ = absl::Now();
  return absl::OkStatus();
}

// Beside checkpoint.pt, which the next save replaces. An epoch that the guard sends back to is
// trained, and written, again.
absl::Status TrainLoop::KeepEpoch() {
  const std::string name = absl::StrFormat("epoch_%04d.pt", state_.position.epoch);
  return SaveCheckpoint(Path(name.c_str()), identity_, state_);
}

absl::StatusOr<TrainResult> TrainLoop::Finish() {
  LB_RETURN_IF_ERROR(CopyWithin("best.pt", "weights.pt"));
  const RunPosition& position = state_.position;
  const StageRecipe& last = recipe_.stages.back();
  return TrainResult{
      .steps = position.step,
      .seconds = position.seconds,
      .images_per_second = static_cast<double>(position.images) / std::max(position.seconds, 1e-9),
      .best = position.best,
      .best_metric = position.best < 0 ? "" : last.keep,
      .health = state_.history.empty() ? "" : state_.history.back().health,
      .kept_health = position.kept_health,
      .weights_path = Path("weights.pt"),
      .history = state_.history};
}

}  // namespace lookbook
