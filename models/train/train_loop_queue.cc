// TrainLoop's steps where they are queued on a device, and what they measured is read later.
#include <torch/utils.h>

#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "models/train/gradient_clip.h"
#include "models/train/train_loop.h"

namespace lookbook {

// As Descend(), but that nothing here asks the device for a number. A step whose loss or gradient
// is not finite is skipped there, and noticed when it is read.
absl::Status TrainLoop::QueueStep(const StageRecipe& stage, const Batch& batch, double rate) {
  const ObjectiveValue objective = Compute(stage, batch);
  parts_.optimizer.optimizer->zero_grad();
  objective.loss.backward();
  const double limit =
      stage.clip_norm > 0 ? stage.clip_norm : std::numeric_limits<double>::infinity();
  const torch::Tensor norm = ClipGradients(state_.module->parameters(), limit);
  const torch::Tensor loss = objective.loss.detach();
  const torch::Tensor skip = torch::isfinite(loss + norm).logical_not().to(torch::kFloat32);
  parts_.optimizer.SetLearningRate(rate);
  parts_.optimizer.StepUnless(skip);
  Look(objective);
  if (parts_.average != nullptr) parts_.average->Update();
  ledger_->Add({.step = state_.position.step + 1,
                .rate = rate,
                .loss = loss,
                .gradient_norm = norm,
                .terms = objective.terms});
  return absl::OkStatus();
}

absl::Status TrainLoop::ReadSteps() {
  if (!Queues() || ledger_->empty()) return absl::OkStatus();
  const std::vector<StepFigures> steps = ledger_->Take();
  CountTime();  // Of the wait: until now the steps were queued, not done.
  RunPosition& position = state_.position;
  const StageRecipe& stage = recipe_.stages[position.stage];
  for (const StepFigures& step : steps) {
    LB_RETURN_IF_ERROR(CheckFinite(stage, step));
    position.window_loss += step.loss;
    position.window_gradient += step.gradient_norm;
    for (const auto& [name, term] : step.terms) position.window_figures[name] += term;
    NoteLandmarks(parts_.landmarks, step.terms, &position.landmark_steps);
    Report(stage, step.step, step.loss, step.rate);
  }
  return absl::OkStatus();
}

}  // namespace lookbook
