// The state machine behind Train(): stages of epochs of steps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "models/dataset/loader.h"
#include "models/train/checkpoint.h"
#include "models/train/compute_plan.h"
#include "models/train/feature_cache.h"
#include "models/train/objective.h"
#include "models/train/optimizer.h"
#include "models/train/step_ledger.h"
#include "models/train/trainer.h"

namespace lookbook {

// Not thread-safe. Prepare(), then Run(), then Finish(), each once.
class TrainLoop {
 public:
  TrainLoop(const Recipe& recipe, const TrainingSet& set, const TrainOptions& options);
  ~TrainLoop();

  // Makes the network with its prior and reads the checkpoint to resume from.
  absl::Status Prepare();
  absl::Status Run();
  absl::StatusOr<TrainResult> Finish();

 private:
  // One stage's parts.
  struct StageParts {
    std::unique_ptr<Objective> objective;
    std::unique_ptr<Loader> loader;
    StageOptimizer optimizer;
    std::unique_ptr<WeightAverage> average;
    int64_t steps = 0;
    Landmarks landmarks;
  };

  // train_loop_stage.cc
  absl::Status MakeNet();
  void PlacePixels();
  absl::Status PrepareFeatures(const StageRecipe& stage);
  // Images as the stage trains on them.
  LoaderOptions TrainViews(const StageRecipe& stage) const;
  absl::StatusOr<std::unique_ptr<Loader>> MakeLoader(const StageRecipe& stage) const;
  absl::StatusOr<StageParts> MakeStage(const StageRecipe& stage);
  absl::Status StartStage(const StageRecipe& stage);
  absl::Status KeepStart();
  absl::Status EndStage();

  // train_loop.cc
  absl::Status RunStage(const StageRecipe& stage);
  absl::Status RunEpoch(const StageRecipe& stage);
  absl::Status Step(const StageRecipe& stage, const Batch& batch);
  absl::StatusOr<double> Descend(const StageRecipe& stage, const Batch& batch, double rate);
  void Look(const ObjectiveValue& value);
  void Report(const StageRecipe& stage, int64_t step, double loss, double rate) const;
  absl::Status CheckFinite(const StageRecipe& stage, const StepFigures& figures) const;
  void CountTime();
  ObjectiveValue Compute(const StageRecipe& stage, const Batch& batch);
  absl::Status Save();
  absl::Status KeepEpoch();
  absl::Status StopIfAsked();
  bool StageIsOver() const;
  double Rate(const StageRecipe& stage, int64_t stage_step) const;
  std::string Path(const char* name) const;
  int64_t TotalSteps() const;

  // train_loop_queue.cc
  // Whether steps are queued and what they measured is read later.
  bool Queues() const { return ledger_.has_value(); }
  absl::Status QueueStep(const StageRecipe& stage, const Batch& batch, double rate);
  // Waits for all queued steps and takes in what they measured. Nothing to read: OK.
  absl::Status ReadSteps();

  // train_loop_validation.cc
  absl::Status MakeValidationLoaders(const StageRecipe& stage);
  // With the averaged weights in place, where there are some: the whole look at the network.
  absl::StatusOr<HistoryEntry> Measure(const StageRecipe& stage);
  absl::StatusOr<std::optional<double>> MeasureRawMap();
  absl::Status ValidateNow(const StageRecipe& stage);
  HistoryEntry MakeEntry(const StageRecipe& stage, ValidationResult validation) const;
  // Of the weights that a validation of this health is worth keeping: an embedding that the stage
  // cannot move is as it was found.
  std::string HealthToKeep(const StageRecipe& stage, const std::string& judged) const;
  absl::Status KeepIfBest(const StageRecipe& stage, HistoryEntry* entry);
  void NoteFound(const StageRecipe& stage, const ValidationResult& validation);
  void NoteEarlyStop(const StageRecipe& stage, const ValidationResult& validation);
  void Judge(const StageRecipe& stage, HistoryEntry* entry) const;
  GuardAction Guard(const StageRecipe& stage, HistoryEntry* entry);
  absl::Status ActOn(GuardAction action, const StageRecipe& stage);
  absl::Status CopyWithin(const char* from, const char* to) const;
  absl::Status KeepGreen();
  absl::Status GoBack(const StageRecipe& stage);
  absl::Status WriteHistory();
  absl::Status SavePlainWeights(const char* name);
  absl::Status KeepWeights(const char* name);

  const Recipe& recipe_;
  const TrainingSet& set_;
  const TrainOptions& options_;
  RunIdentity identity_;
  LabelSupport classes_;
  LabelSupport attributes_;
  NetworkSpec spec_;
  RunState state_;
  ComputePlan plan_;
  std::shared_ptr<const DevicePixels> pixels_;  // With augment.backend = "batch".
  std::optional<StepLedger> ledger_;
  StageParts parts_;
  std::optional<FeatureSet> features_;  // Of a stage that caches them.
  std::unique_ptr<Loader> validation_;
  std::unique_ptr<Loader> validation_views_;  // In a stage with self-supervision.
  std::unique_ptr<Loader> train_sample_;      // Null where `validation_` is one.
  std::unique_ptr<Checkpoint> resumed_;       // Until its contents are taken over.
  absl::Time saved_ = absl::InfinitePast();
  absl::Time step_started_;
};

}  // namespace lookbook
