// TrainLoop's parts: the network, and what each stage needs beside it.
#include <torch/utils.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "models/dataset/pair_sampler.h"
#include "models/train/network_setup.h"
#include "models/train/pair_rule.h"
#include "models/train/tensor_file.h"
#include "models/train/train_loop.h"
#include "models/train/weights.h"

namespace lookbook {
namespace {

constexpr double kPixelShare = 0.4;  // Of the device's free memory, for the pictures.

// Convolutions on the CPU are up to a half faster over pixels than over planes; tensor cores want
// them so.
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
      if (loss.kind() == LossKind::kClassification && loss.classification.attribute_weight > 0)
        return true;
    }
  }
  return false;
}

bool AnyComparesViews(const StageRecipe& stage) {
  return std::any_of(stage.losses.begin(), stage.losses.end(),
                     [](const LossRecipe& loss) { return ComparesViews(loss); });
}

bool PredictsRotation(const StageRecipe& stage) {
  return std::any_of(stage.losses.begin(), stage.losses.end(),
                     [](const LossRecipe& loss) { return loss.name == "rotation"; });
}

// A triplet loss that got easier by what the guard did so far.
StageRecipe Eased(StageRecipe stage, int steps) {
  for (LossRecipe& loss : stage.losses) loss.triplet.miner = EasierMiner(loss.triplet.miner, steps);
  return stage;
}

}  // namespace

absl::Status TrainLoop::MakeNet() {
  torch::manual_seed(recipe_.seed);
  classes_ = CountClasses(set_.data, set_.split.train);
  attributes_ = CountAttributes(set_.data, set_.split.train);
  // A head that nothing trains would answer with noise: there is none then.
  const bool train_attributes = attributes_.images > 0 && AnyAttributeWeight(recipe_);
  spec_ = SpecOf(recipe_.network, static_cast<int>(classes_.counts.size()),
                 train_attributes ? static_cast<int>(attributes_.counts.size()) : 0);
  LB_ASSIGN_OR_RETURN(EmbedderNet net, MakeNetwork(spec_));
  net->SetClassPrior(classes_.counts, classes_.images);
  if (spec_.attributes > 0) net->SetAttributePrior(attributes_.counts, attributes_.images);
  // A checkpoint brings its own weights.
  if (!options_.resume && recipe_.network.init != "he") {
    LB_ASSIGN_OR_RETURN(const InitReport report,
                        InitializeWeights(recipe_.network, options_.bundle_model, net));
    if (options_.on_initialized) options_.on_initialized(report);
  }
  UseChannelsLast(*net);
  state_.module = TrainedModule(net, LossHeads(StageRecipe{}, net->feature_dim()), plan_);
  PlacePixels();
  return absl::OkStatus();
}

// Once for all loaders of the run.
void TrainLoop::PlacePixels() {
  if (recipe_.data.augment.backend != "batch") return;
  pixels_ =
      DevicePixels::Create(set_.cache, plan_.device, ShareOfFreeMemory(plan_.device, kPixelShare));
  if (options_.on_note && !plan_.device.is_cpu()) options_.on_note(pixels_->placement());
}

// Features of the stage, where it caches them; the heads take them standardised until it ends.
absl::Status TrainLoop::PrepareFeatures(const StageRecipe& stage) {
  features_.reset();
  if (stage.cache_features) {
    LB_ASSIGN_OR_RETURN(features_, CachedFeatures(Path("features.pt"), state_.module->net, set_,
                                                  recipe_.data.workers));
    state_.module->net->StandardizeHeads(features_->mean.to(plan_.device),
                                         features_->deviation.to(plan_.device),
                                         state_.position.standardized);
    state_.position.standardized = true;
  }
  return MakeValidationLoaders(stage);
}

LoaderOptions TrainLoop::TrainViews(const StageRecipe& stage) const {
  LoaderOptions options;
  options.batch_size = stage.batch_size;
  options.augment = recipe_.data.augment;
  options.seed = recipe_.seed;
  options.workers = recipe_.data.workers;
  options.views = AnyComparesViews(stage) ? 2 : 1;
  options.uncropped = PredictsRotation(stage);
  options.device = plan_.device;
  options.pixels = pixels_;
  if (features_.has_value()) options.features = features_->features;
  return options;
}

absl::StatusOr<std::unique_ptr<Loader>> TrainLoop::MakeLoader(const StageRecipe& stage) const {
  LoaderOptions options = TrainViews(stage);
  if (static_cast<int64_t>(set_.split.train.size()) < stage.batch_size) {
    return absl::InvalidArgumentError(absl::StrCat("stage ", stage.name, ": batch_size ",
                                                   stage.batch_size, " is more than the ",
                                                   set_.split.train.size(), " training images"));
  }
  if (stage.sampler.name == "pairs") {
    const auto sampler = std::make_shared<PairSampler>(set_.data, set_.split.train,
                                                       ToSamplerOptions(stage, recipe_.seed));
    options.order = [sampler](int64_t epoch) { return sampler->Order(epoch); };
  }
  return Loader::Create(set_.data, set_.cache, set_.spec, set_.split.train, std::move(options));
}

absl::StatusOr<TrainLoop::StageParts> TrainLoop::MakeStage(const StageRecipe& stage) {
  StageParts parts;
  const StageRecipe eased = Eased(stage, state_.position.guard.easier);
  parts.objective = std::make_unique<Objective>(eased, classes_, attributes_, plan_.device);
  parts.landmarks = LandmarksOf(eased.losses, eased.batch_size);
  LB_ASSIGN_OR_RETURN(parts.loader, MakeLoader(stage));
  parts.steps = stage.steps > 0 ? stage.steps : stage.epochs * parts.loader->batches_per_epoch();
  parts.optimizer = MakeOptimizer(*state_.module, stage.optimizer);
  if (stage.ema > 0) parts.average = std::make_unique<WeightAverage>(*state_.module, stage.ema);
  return parts;
}

absl::Status TrainLoop::StartStage(const StageRecipe& stage) {
  // The weights first: a stage that begins here starts its average at them.
  if (resumed_ != nullptr) LB_RETURN_IF_ERROR(resumed_->Restore(&state_));
  const EmbedderNet net = state_.module->net;
  net->FreezeBackbone(stage.freeze == "backbone");
  net->FreezeNorms(stage.freeze == "norms");
  state_.module = TrainedModule(net, LossHeads(stage, net->feature_dim()), plan_);
  LB_RETURN_IF_ERROR(PrepareFeatures(stage));
  LB_ASSIGN_OR_RETURN(parts_, MakeStage(stage));
  state_.optimizer = parts_.optimizer.optimizer.get();
  state_.average = parts_.average.get();
  const bool from_the_start = state_.position.stage_step == 0;
  if (resumed_ != nullptr && !from_the_start) LB_RETURN_IF_ERROR(resumed_->Restore(&state_));
  resumed_.reset();
  return from_the_start ? KeepStart() : absl::OkStatus();
}

// What the stage before it left in good order is worth going back to. A stage that was only watched
// may have left a collapsed network: then there is no way back.
absl::Status TrainLoop::KeepStart() {
  GuardState& guard = state_.position.guard;
  state_.position.found_health = state_.position.kept_health;
  if (HealthNamed(state_.position.kept_health) == Health::kRed) guard.has_green = false;
  return guard.has_green ? SaveCheckpoint(Path("green.pt"), identity_, state_) : absl::OkStatus();
}

// The next stage, and the result, start from the best weights where a validation told them apart,
// else from the averaged ones where there are some.
absl::Status TrainLoop::EndStage() {
  RunPosition& position = state_.position;
  if (position.best < 0) {
    LB_RETURN_IF_ERROR(KeepWeights("best.pt"));
    const StageRecipe& stage = recipe_.stages[position.stage];
    position.kept_health =
        state_.history.empty() ? "" : HealthToKeep(stage, state_.history.back().health);
    if (parts_.average != nullptr) parts_.average->Swap();
    state_.module->net->UnstandardizeHeads();
  } else {
    state_.module->net->UnstandardizeHeads();
    LB_ASSIGN_OR_RETURN(const TensorFile best, ReadTensorFile(Path("best.pt")));
    LB_RETURN_IF_ERROR(RestoreTensors(best.tensors, "", *state_.module->net));
  }
  ++position.stage;
  position.stage_step = 0;
  position.standardized = false;
  position.landmark_steps.clear();
  const bool last = position.stage == static_cast<int64_t>(recipe_.stages.size());
  if (!last) {
    position.best = position.early_best = -1;
    position.stale = 0;
    position.stopped_early = false;
    position.guard.judged = 0;
  }
  state_.optimizer = nullptr;
  state_.average = nullptr;
  parts_ = {};
  return Save();
}

}  // namespace lookbook
