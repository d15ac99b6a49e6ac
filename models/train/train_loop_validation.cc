// TrainLoop's looks at the network: what is measured, noted and kept.
#include <algorithm>
#include <utility>

#include "base/files.h"
#include "base/status_macros.h"
#include "models/train/schedule.h"
#include "models/train/train_loop.h"
#include "models/train/weights.h"

namespace lookbook {
namespace {

constexpr int64_t kTrainSample = 256;
constexpr int kValidationBatch = 64;

std::vector<int64_t> EvenSample(const std::vector<int64_t>& rows, int64_t count) {
  const int64_t all = static_cast<int64_t>(rows.size());
  std::vector<int64_t> out;
  for (int64_t i = 0; i < std::min(all, count); ++i)
    out.push_back(rows[i * all / std::min(all, count)]);
  return out;
}

}  // namespace

absl::Status TrainLoop::MakeValidationLoader() {
  LoaderOptions options;
  options.batch_size = kValidationBatch;
  options.shuffle = false;
  options.drop_last = false;
  options.seed = recipe_.seed;
  options.workers = recipe_.data.workers;
  const std::vector<int64_t> rows = set_.split.validation.empty()
                                        ? EvenSample(set_.split.train, kTrainSample)
                                        : set_.split.validation;
  LB_ASSIGN_OR_RETURN(validation_, Loader::Create(set_.data, set_.cache, set_.spec, rows, options));
  return absl::OkStatus();
}

absl::Status TrainLoop::ValidateNow(const StageRecipe& stage) {
  RunPosition& position = state_.position;
  const bool has_validation = !set_.split.validation.empty();
  if (parts_.average != nullptr) parts_.average->Swap();
  absl::StatusOr<ValidationResult> result = Validate(has_validation ? "validation" : "train sample",
                                                     state_.net, *validation_, stage.losses);
  const bool best = has_validation && result.ok() && result->map > position.best_map;
  const absl::Status kept =
      best ? SaveWeights(Path("best.pt"), spec_, state_.net) : absl::OkStatus();
  if (parts_.average != nullptr) parts_.average->Swap();
  LB_RETURN_IF_ERROR(result.status());
  LB_RETURN_IF_ERROR(kept);
  if (best) position.best_map = result->map;
  const double steps = static_cast<double>(std::max<int64_t>(position.window_steps, 1));
  state_.history.push_back(
      {.stage = stage.name,
       .stage_step = position.stage_step,
       .step = position.step,
       .epoch = position.epoch - 1,
       .seconds = position.seconds,
       .images_per_second = steps * stage.batch_size / std::max(position.window_seconds, 1e-9),
       .learning_rate =
           LearningRate(stage.schedule, stage.optimizer.lr, position.stage_step - 1, parts_.steps),
       .train_loss = position.window_loss / steps,
       .gradient_norm = position.window_gradient / steps,
       .validation = *std::move(result),
       .best = best});
  position.window_steps = 0;
  position.window_seconds = position.window_loss = position.window_gradient = 0;
  if (options_.on_validation) options_.on_validation(state_.history.back());
  return WriteFileAtomic(Path("history.json"), HistoryToJson(state_.history));
}

// The averaged weights where there are some.
absl::Status TrainLoop::KeepWeights(const char* name) {
  if (parts_.average != nullptr) parts_.average->Swap();
  const absl::Status status = SaveWeights(Path(name), spec_, state_.net);
  if (parts_.average != nullptr) parts_.average->Swap();
  return status;
}

}  // namespace lookbook
