// Tells when a training goes nowhere: every image lands in one spot, or every image gets the same
// labels. Thresholds: docs/training.md, "Diagnostics".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "models/recipe/recipe.h"
#include "models/train/loss_landmark.h"
#include "models/train/validator.h"

namespace lookbook {

enum class Health { kGreen, kAmber, kRed };
// "green", "amber", "red".
const char* HealthName(Health health);
// The other way; anything else is green.
Health HealthNamed(absl::string_view name);
// The worse of two.
std::string WorseHealth(const std::string& a, const std::string& b);

// What the numbers of a validation mean depends on what is trained.
struct HealthContext {
  // A pooled feature is non-negative, so that its cosines are high by nature; one behind a
  // BatchNorm is centred.
  bool pooled = true;
  // Embeddings are judged where the stage can change them (MovesEmbedding): what it found it cannot
  // mend.
  bool judge_embedding = true;
  // Predicted label sets are judged where a classification loss trains the head, and only in the
  // second half of a stage: a young classifier calls nothing by name, which is one set for all.
  // They are red only where the scores tell images apart no better than chance does; 100 images at
  // least.
  bool judge_labels = false;
  // Alignment is by labels, and judged where a loss learns from these, in the second half of a
  // stage. It is red only where the scores tell nothing either.
  bool learns_labels = false;
  // Of the training since the validation before (HistoryEntry), and of its steps.
  double gradient_norm = 1;
  std::map<std::string, double> figures;
  Landmarks landmarks;
  std::map<std::string, int64_t> landmark_steps;
};

// Whether the stage's training can change an embedding of `embedding_dim` (NetworkRecipe): not with
// a frozen backbone whose feature is the embedding, nor where no metric loss trains a layer above.
bool MovesEmbedding(const StageRecipe& stage, int embedding_dim);

struct HealthReport {
  Health health = Health::kGreen;
  // What is amber or red, worst first: "std*sqrt(D) 0.006 < 0.05: the embeddings are one point".
  // Beside something red, amber is named: "hub skewness 3.700 > 2.000 (amber): …".
  std::vector<std::string> reasons;
};

HealthReport JudgeHealth(const ValidationResult& validation, const HealthContext& context);

// Of the embedding alone, whatever it came from.
Health JudgeFoundEmbedding(const ValidationResult& validation, bool pooled);

// What survives in a checkpoint.
struct GuardState {
  int judged = 0;          // Validations of this stage so far.
  int red_in_a_row = 0;    // Of the run.
  int restores = 0;        // Of the run.
  double rate_scale = 1;   // On every learning rate from now on.
  int easier = 0;          // Steps towards easier triplets.
  bool has_green = false;  // green.pt is there.
};

enum class GuardAction { kGoOn, kKeepGreen, kRestore, kGiveUp };

// Takes one validation in and says what to do; `ends_stage`: it is the stage's last. kKeepGreen:
// keep this state as the one to return to. kRestore: return to it (`state` has the lower rate and
// the easier miner from then on). kGiveUp: there is none, or it has been tried max_restores times.
// With action "restore" no stage ends red, however few validations it has.
GuardAction NoteHealth(const GuardRecipe& recipe, Health health, bool ends_stage,
                       GuardState* state);

// "batch_hard" -> "semi_hard" -> "batch_all", `steps` times.
std::string EasierMiner(const std::string& miner, int steps);

}  // namespace lookbook
