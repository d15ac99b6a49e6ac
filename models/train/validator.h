// Runs a network over a part of the data and says how well it does.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "models/dataset/loader.h"
#include "models/train/loss_heads.h"
#include "models/train/objective.h"

namespace lookbook {

// One look at the network during training. The numbers of a report come from the exported bundle,
// not from here.
struct ValidationResult {
  std::string part;  // "validation", or "train sample" where there is no validation part.
  int64_t images = 0;
  double loss = 0;  // The stage's objective, mean over images.
  // Its terms (means over images) and shares, as HistoryEntry::figures has them of training.
  std::map<std::string, double> figures;
  double map = 0;
  double prevalence = 0;  // Mean share of images with a class: the mAP of a constant score.
  double f1_macro = 0;
  double f1_micro = 0;
  // Leave-one-out inside at most 2,048 of the images, by class labels.
  double recall_at_1 = 0;  // More than two labels shared.
  double ndcg_at_10 = 0;
  double std_sqrt_d = 0;
  double mean_cosine = 0;
  double mean_norm = 0;
  // Over pairs that share more than two labels; NaN when there is none.
  double alignment = 0;
  double alignment_ratio = 0;
  int64_t alignment_pairs = 0;
  double uniformity = 0;
  // In a collapsed network the centred one is high: neither is read without std_sqrt_d.
  double effective_rank = 0;
  double effective_rank_centered = 0;
  double top1_singular_share = 0;
  int64_t ranked_images = 0;  // Of the retrieval figures and of the five below.
  double hub_share = 0;
  double hub_skew = 0;
  double robin_hood = 0;
  double anti_hub_share = 0;
  double distinct_share = 0;
  double feature_norm = 0;     // Mean length of the pooled feature.
  double dead_norm_share = 0;  // network_health.h.
  double distinct_label_sets = 0;
  double top_label_set_share = 0;
};

// What the network makes of training images, beside its validation: where both curves part, it
// learns by heart.
struct TrainSampleResult {
  int64_t images = 0;
  double map = 0;
  double f1_macro = 0;
};

// Evaluates the network in eval mode over one epoch of `loader`, which must neither shuffle nor
// augment nor drop. Self-supervision needs images as training sees them: then `views` brings them,
// and loss and figures are those of its epoch 0, the same batches every time. Draws no random
// number. The module is left in the mode it was in. Internal: torch refused.
absl::StatusOr<ValidationResult> Validate(const std::string& part, TrainedModuleImpl& module,
                                          Loader& loader, const Objective& objective,
                                          Loader* views = nullptr);

// The class scores alone, under the same rules.
absl::StatusOr<TrainSampleResult> MeasureTrainSample(TrainedModuleImpl& module, Loader& loader);

}  // namespace lookbook
