// What happened during a training, as a JSON file that reports and people read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/train/batch_look.h"
#include "models/train/validator.h"

namespace lookbook {

// Written at every validation.
struct HistoryEntry {
  std::string stage;
  int64_t stage_step = 0;        // Of the stage, from 1.
  int64_t step = 0;              // Of the run.
  int64_t epoch = 0;             // Of the run, from 0.
  double seconds = 0;            // Spent in training steps so far, validation left out.
  double images_per_second = 0;  // Since the entry before.
  double learning_rate = 0;
  double train_loss = 0;     // Mean since the entry before.
  double gradient_norm = 0;  // Mean since the entry before, before clipping.
  std::map<std::string, double>
      figures;  // Means of ObjectiveValue::figures, and shares, since the entry before.
  double batch_std_sqrt_d = 0;  // Of the latest batch that was looked at.
  // At a batch every 50 steps, since the entry before. Empty in what earlier versions wrote.
  std::vector<BatchLook> looks;
  ValidationResult validation;
  // Of training images, without augmentation. Not there where `validation` itself is of such.
  std::optional<TrainSampleResult> train;
  // Where `validation` is of averaged weights: the mAP of those that are trained.
  std::optional<double> raw_map;
  bool best = false;                        // The stage's best so far, by StageRecipe::keep.
  std::string health;                       // "green", "amber" or "red".
  std::vector<std::string> health_reasons;  // What is amber or red.
  std::string event;  // What the guard did: "went back to step 120, learning rate x0.3".
};

// NaN becomes null.
std::string HistoryToJson(const std::vector<HistoryEntry>& history);
// What earlier versions did not measure is NaN. DataLoss: not such a text.
absl::StatusOr<std::vector<HistoryEntry>> HistoryFromJson(absl::string_view json);

}  // namespace lookbook
