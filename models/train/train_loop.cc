#include "models/train/train_loop.h"

#include <torch/nn/utils/clip_grad.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "models/train/label_support.h"
#include "models/train/network_setup.h"
#include "models/train/objective.h"
#include "models/train/schedule.h"
#include "models/train/weights.h"

namespace lookbook {
namespace {

// Convolutions on the CPU are up to a half faster over pixels than over planes.
void UseChannelsLast(torch::nn::Module& net) {
  torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : net.parameters()) {
    if (parameter.dim() == 4)
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

bool AnyAttributeWeight(const Recipe& recipe) {
  for (const StageRecipe& stage : recipe.stages) {
    for (const LossRecipe& loss : stage.losses) {
      if (loss.attribute_weight > 0) return true;
    }
  }
  return false;
}

}  // namespace

TrainLoop::TrainLoop(const Recipe& recipe, const TrainingSet& set, const TrainOptions& options)
    : recipe_(recipe), set_(set), options_(options) {}
TrainLoop::~TrainLoop() = default;

std::string TrainLoop::Path(const char* name) const { return JoinPath(options_.directory, name); }

absl::Status TrainLoop::Prepare() {
  const int threads =
      recipe_.threads > 0 ? recipe_.threads : static_cast<int>(std::thread::hardware_concurrency());
  torch::set_num_threads(std::max(threads, 1));
  LB_RETURN_IF_ERROR(MakeDirectories(options_.directory));
  identity_ = {Sha256Hex(recipe_.text), set_.data.sha256,
               Sha256Hex(SplitToJson(set_.split, set_.data))};
  if (options_.resume) {
    LB_ASSIGN_OR_RETURN(resumed_, Checkpoint::Load(Path("checkpoint.pt"), identity_));
    state_.position = resumed_->position();
    state_.history = resumed_->history();
  }
  torch::manual_seed(recipe_.seed);
  const LabelSupport classes = CountClasses(set_.data, set_.split.train);
  const LabelSupport attributes = CountAttributes(set_.data, set_.split.train);
  // A head that nothing trains would answer with noise: there is none then.
  const bool train_attributes = attributes.images > 0 && AnyAttributeWeight(recipe_);
  spec_ = SpecOf(recipe_.network, static_cast<int>(classes.counts.size()),
                 train_attributes ? static_cast<int>(attributes.counts.size()) : 0);
  LB_ASSIGN_OR_RETURN(state_.net, MakeNetwork(spec_));
  state_.net->SetClassPrior(classes.counts, classes.images);
  if (spec_.attributes > 0) state_.net->SetAttributePrior(attributes.counts, attributes.images);
  // A checkpoint brings its own weights.
  if (!options_.resume && recipe_.network.init != "he") {
    LB_ASSIGN_OR_RETURN(const InitReport report,
                        InitializeWeights(recipe_.network, options_.bundle_model, state_.net));
    if (options_.on_initialized) options_.on_initialized(report);
  }
  UseChannelsLast(*state_.net);
  return MakeValidationLoader();
}

absl::StatusOr<TrainLoop::StageParts> TrainLoop::MakeStage(const StageRecipe& stage) {
  StageParts parts;
  LoaderOptions options;
  options.batch_size = stage.batch_size;
  options.augment = recipe_.data.augment;
  options.seed = recipe_.seed;
  options.workers = recipe_.data.workers;
  if (static_cast<int64_t>(set_.split.train.size()) < stage.batch_size) {
    return absl::InvalidArgumentError(absl::StrCat("stage ", stage.name, ": batch_size ",
                                                   stage.batch_size, " is more than the ",
                                                   set_.split.train.size(), " training images"));
  }
  LB_ASSIGN_OR_RETURN(parts.loader,
                      Loader::Create(set_.data, set_.cache, set_.spec, set_.split.train, options));
  parts.steps = stage.steps > 0 ? stage.steps : stage.epochs * parts.loader->batches_per_epoch();
  parts.optimizer = MakeOptimizer(*state_.net, stage.optimizer);
  if (stage.ema > 0) parts.average = std::make_unique<WeightAverage>(*state_.net, stage.ema);
  return parts;
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

absl::Status TrainLoop::StartStage(const StageRecipe& stage) {
  // The weights first: a stage that begins here starts its average at them.
  if (resumed_ != nullptr) LB_RETURN_IF_ERROR(resumed_->Restore(&state_));
  LB_ASSIGN_OR_RETURN(parts_, MakeStage(stage));
  state_.optimizer = parts_.optimizer.get();
  state_.average = parts_.average.get();
  if (resumed_ != nullptr && state_.position.stage_step > 0)
    LB_RETURN_IF_ERROR(resumed_->Restore(&state_));
  resumed_.reset();
  return absl::OkStatus();
}

absl::Status TrainLoop::RunStage(const StageRecipe& stage) {
  LB_RETURN_IF_ERROR(StartStage(stage));
  saved_ = absl::Now();
  state_.net->train();
  // A run that was stopped after the last step of an epoch still owes its validation.
  while (state_.position.stage_step < parts_.steps || state_.position.batch > 0)
    LB_RETURN_IF_ERROR(RunEpoch(stage));
  const bool last = state_.position.stage + 1 == static_cast<int64_t>(recipe_.stages.size());
  // Without a validation part nothing tells weights apart: the last ones are the result.
  if (last && state_.position.best_map < 0) LB_RETURN_IF_ERROR(KeepWeights("best.pt"));
  ++state_.position.stage;
  state_.position.stage_step = 0;
  state_.optimizer = nullptr;
  state_.average = nullptr;
  parts_ = {};
  return Save();
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
  if (absl::Now() - saved_ >= options_.checkpoint_interval) return Save();
  return absl::OkStatus();
}

absl::Status TrainLoop::Step(const StageRecipe& stage, const Batch& batch) {
  RunPosition& position = state_.position;
  const double rate =
      LearningRate(stage.schedule, stage.optimizer.lr, position.stage_step, parts_.steps);
  LB_ASSIGN_OR_RETURN(const double loss, Descend(stage, batch, rate));
  const absl::Time now = absl::Now();
  const double seconds = absl::ToDoubleSeconds(now - step_started_);
  step_started_ = now;
  position.seconds += seconds;
  position.window_seconds += seconds;
  position.window_loss += loss;
  ++position.window_steps;
  ++position.stage_step;
  ++position.step;
  ++position.batch;
  if (options_.on_step) {
    options_.on_step(
        {.stage = stage.name,
         .step = position.step,
         .total_steps = TotalSteps(),
         .loss = loss,
         .learning_rate = rate,
         .images_per_second = static_cast<double>(position.window_steps * stage.batch_size) /
                              std::max(position.window_seconds, 1e-9)});
  }
  return StopIfAsked();
}

absl::StatusOr<double> TrainLoop::Descend(const StageRecipe& stage, const Batch& batch,
                                          double rate) {
  const NetworkOutput output =
      state_.net->forward(batch.images.contiguous(torch::MemoryFormat::ChannelsLast));
  const torch::Tensor loss = Objective(output, batch, stage.losses);
  const double value = loss.item<double>();
  parts_.optimizer->zero_grad();
  loss.backward();
  const double limit =
      stage.clip_norm > 0 ? stage.clip_norm : std::numeric_limits<double>::infinity();
  const double norm = torch::nn::utils::clip_grad_norm_(state_.net->parameters(), limit);
  if (!std::isfinite(value) || !std::isfinite(norm)) {
    return absl::AbortedError(absl::StrCat(
        "training diverged: at step ", state_.position.step + 1, " (stage ", stage.name,
        ", learning rate ", rate, ") the loss is ", value, " and the gradient's norm ", norm,
        ". Lower optimizer.lr, lengthen schedule.warmup or set clip_norm."));
  }
  SetLearningRate(*parts_.optimizer, rate);
  parts_.optimizer->step();
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
  LB_RETURN_IF_ERROR(SaveCheckpoint(Path("checkpoint.pt"), identity_, state_));
  saved_ = absl::Now();
  return absl::OkStatus();
}

absl::StatusOr<TrainResult> TrainLoop::Finish() {
  LB_ASSIGN_OR_RETURN(const std::string best, ReadFile(Path("best.pt")));
  LB_RETURN_IF_ERROR(WriteFileAtomic(Path("weights.pt"), best));
  int64_t images = 0, step = 0;
  for (const HistoryEntry& entry : state_.history) {
    for (const StageRecipe& stage : recipe_.stages) {
      if (stage.name == entry.stage) images += (entry.step - step) * stage.batch_size;
    }
    step = entry.step;
  }
  return TrainResult{
      .steps = state_.position.step,
      .seconds = state_.position.seconds,
      .images_per_second = static_cast<double>(images) / std::max(state_.position.seconds, 1e-9),
      .best_map = state_.position.best_map,
      .weights_path = Path("weights.pt"),
      .history = state_.history};
}

}  // namespace lookbook
