// A recipe and a data set in, trained weights out; interruptible and resumable between any two
// steps.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "engine/image/preprocess.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/image_cache.h"
#include "models/dataset/split.h"
#include "models/recipe/recipe.h"
#include "models/train/history.h"
#include "models/train/init_report.h"

namespace lookbook {

// Not owned; outlives the training. Row i of `cache` is data.images[i].
struct TrainingSet {
  const FashionData& data;
  const Split& split;
  const ImageCache& cache;
  PreprocessSpec spec;
};

// Told after every step.
struct StepReport {
  std::string stage;
  int64_t step = 0;  // Of the run, from 1.
  int64_t total_steps = 0;
  double loss = 0;
  double learning_rate = 0;
  BatchLook look;                // The latest, at one batch in 50 steps.
  double images_per_second = 0;  // Since the last validation.
};

struct TrainOptions {
  // Receives checkpoint.pt, best.pt, weights.pt and history.json; where the recipe keeps every
  // epoch, epoch_0001.pt, … as well, each a checkpoint of the state after that epoch of the run.
  std::string directory;
  bool resume = false;  // Go on from <directory>/checkpoint.pt.
  // Stand for the contents of the pictures' files and of what network.init names, as hashes or any
  // other text: a checkpoint that was written under others is not gone on from.
  std::string pictures_id;
  std::string init_id;
  // The model.ts of the bundle that network.init names, found and checked. Empty: it names none.
  std::string bundle_model;
  absl::Duration checkpoint_interval = absl::Seconds(60);
  // Steps between looks at what they measured. 1: each step is waited for. More: steps are queued,
  // on_step hears of several at once, and a training that diverged is noticed as much later, with
  // the weights (of Adam and AdamW) as they were before. 0: 1 on the CPU, 16 on a GPU.
  int64_t read_every = 0;
  // Told in one line what a person may want to know of where the training computes.
  std::function<void(absl::string_view)> on_note;
  std::function<void(const InitReport&)> on_initialized;  // Where network.init is not "he".
  std::function<bool()> should_stop;                      // Asked after every step.
  std::function<void(const StepReport&)> on_step;
  std::function<void(const HistoryEntry&)>
      on_validation;  // After every epoch and at the end of a stage.
};

struct TrainResult {
  int64_t steps = 0;
  double seconds = 0;  // In training steps, over all the times it was resumed.
  double images_per_second = 0;
  // Of the last stage, by its `keep`; -1: there is no validation part, or the last weights are
  // kept.
  double best = -1;
  std::string best_metric;
  std::string health;        // Of the last validation.
  std::string kept_health;   // Of the one that the kept weights are from.
  std::string weights_path;  // The weights kept of the last stage.
  std::vector<HistoryEntry> history;
};

// Trains the recipe's stages in order, on the device and in the precision that it names. With `ema`
// the averaged weights are what is validated and kept; of the others the mAP is noted. On the CPU
// the same recipe, data and number of threads give the same weights, interrupted or not; on a GPU
// up to rounding. A run may go on on another device than it began on.
//
// InvalidArgument: a stage that has no full batch. Cancelled: should_stop() said so; a checkpoint
// is written and the message says how far it got. Aborted: the loss or the gradient is not finite,
// or the network collapsed and there is no way back (collapse_guard.h); the last checkpoint stays.
// NotFound, DataLoss, FailedPrecondition: `resume`, as Checkpoint::Load says. FailedPrecondition
// also: torch sees no such device (compute_plan.h).
absl::StatusOr<TrainResult> Train(const Recipe& recipe, const TrainingSet& set,
                                  const TrainOptions& options);

}  // namespace lookbook
