// The state of a training run between two steps: everything that decides how it goes on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "models/train/batch_look.h"
#include "models/train/collapse_guard.h"
#include "models/train/history.h"
#include "models/train/loss_heads.h"
#include "models/train/optimizer.h"
#include "models/train/share.h"
#include "models/train/weight_average.h"

namespace lookbook {

// Where a run stands.
struct RunPosition {
  int64_t stage = 0;       // Index into Recipe::stages; their number when all is done.
  int64_t stage_step = 0;  // Steps of this stage that are done.
  int64_t step = 0;        // Steps of the run.
  int64_t epoch = 0;       // Of the run; the loader's.
  int64_t batch = 0;       // Batches of this epoch that are done.
  double seconds = 0;      // In training steps.
  int64_t images = 0;      // Seen in training steps, each as often as it was.
  // Of the stage:
  double best = -1;         // Of what StageRecipe::keep names; -1: nothing is kept yet.
  std::string kept_health;  // Of the weights in best.pt; between stages, of the stage's result.
  // Of the network that the stage started from: "" where it is new, or not looked at yet.
  std::string found_health;
  std::map<std::string, int64_t> landmark_steps;  // NoteLandmarks().
  double early_best = -1;                         // Of what early_stop names.
  int stale = 0;                                  // Validations since early_best.
  bool stopped_early = false;
  bool standardized = false;  // The heads' weights are those of standardised features.
  GuardState guard;
  // Since the last validation:
  int64_t window_steps = 0;
  double window_seconds = 0;
  double window_loss = 0;  // Sum over steps.
  double window_gradient = 0;
  std::map<std::string, double> window_figures;  // Sums of ObjectiveValue::figures.
  Shares window_shares;
  std::vector<BatchLook> window_looks;
  BatchLook look;  // The latest, of whatever window.
};

// What a run must have in common with the checkpoint it resumes from.
struct RunIdentity {
  std::string recipe_sha256;
  std::string data_sha256;
  std::string split_sha256;
  std::string pictures;  // TrainOptions::pictures_id.
  std::string init;      // TrainOptions::init_id.
};

// Not owned. `optimizer` and `average` are null between stages, `average` also where the stage has
// none.
struct RunState {
  TrainedModule module{nullptr};
  torch::optim::Optimizer* optimizer = nullptr;
  WeightAverage* average = nullptr;
  RunPosition position;
  std::vector<HistoryEntry> history;
};

// Atomic: a crash leaves the older checkpoint. Also holds torch's global random state. All tensors
// are on the CPU, wherever they came from and are restored to.
absl::Status SaveCheckpoint(const std::string& path, const RunIdentity& identity,
                            const RunState& state);

// A checkpoint's contents before a network is there to receive them.
class Checkpoint {
 public:
  // NotFound: no such file. DataLoss: damaged. FailedPrecondition: of another recipe, other
  // data, pictures or first weights, or another split; says which.
  static absl::StatusOr<std::unique_ptr<Checkpoint>> Load(const std::string& path,
                                                          const RunIdentity& identity);
  ~Checkpoint();

  const RunPosition& position() const;
  const std::vector<HistoryEntry>& history() const;
  // Copies weights, optimizer moments and averages into what `state` points to, and restores
  // torch's random state.
  absl::Status Restore(RunState* state) const;

 private:
  struct Impl;
  explicit Checkpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
