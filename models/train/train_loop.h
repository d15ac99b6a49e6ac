// The state machine behind Train(): stages of epochs of steps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "models/dataset/loader.h"
#include "models/train/checkpoint.h"
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
    std::unique_ptr<Loader> loader;
    std::unique_ptr<torch::optim::AdamW> optimizer;
    std::unique_ptr<WeightAverage> average;
    int64_t steps = 0;
  };

  absl::Status MakeValidationLoader();
  absl::StatusOr<StageParts> MakeStage(const StageRecipe& stage);
  absl::Status StartStage(const StageRecipe& stage);
  absl::Status RunStage(const StageRecipe& stage);
  absl::Status RunEpoch(const StageRecipe& stage);
  absl::Status Step(const StageRecipe& stage, const Batch& batch);
  absl::StatusOr<double> Descend(const StageRecipe& stage, const Batch& batch, double rate);
  absl::Status ValidateNow(const StageRecipe& stage);
  absl::Status KeepWeights(const char* name);
  absl::Status Save();
  absl::Status StopIfAsked();
  std::string Path(const char* name) const;
  int64_t TotalSteps() const;

  const Recipe& recipe_;
  const TrainingSet& set_;
  const TrainOptions& options_;
  RunIdentity identity_;
  NetworkSpec spec_;
  RunState state_;
  StageParts parts_;
  std::unique_ptr<Loader> validation_;
  std::unique_ptr<Checkpoint> resumed_;  // Until its contents are taken over.
  absl::Time saved_ = absl::InfinitePast();
  absl::Time step_started_;
};

}  // namespace lookbook
