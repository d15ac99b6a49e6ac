// A recipe: everything that decides a training run, as read from TOML. docs/training.md explains
// the keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/recipe/loss_recipe.h"

namespace lookbook {

struct AugmentRecipe {
  double flip = 0;              // Probability of a horizontal flip.
  double crop_scale_min = 1.0;  // Share of the area that a random crop keeps; 1 and 1 = no crop.
  double crop_scale_max = 1.0;
  double color = 0;           // Brightness, contrast and saturation jitter, each ±color.
  double erase = 0;           // Probability of erasing one random box.
  double rotate_degrees = 0;  // Rotation uniform in ±.
  double hue = 0;             // The hue turns by up to ± this share of the colour circle.
  double grayscale = 0;       // Probability that the colours become grey.
  // "image": each image by OpenCV, on the CPU. "batch": a batch at a time by tensor operations,
  // where it is trained. Key's default: "batch" with device = "cuda", else "image".
  std::string backend = "image";
};

struct DataRecipe {
  std::string root;  // Folder with <csv>, label_descriptions.json and train/.
  std::string csv = "train.csv";
  std::string holdout_csv;                    // Optional labelled set that is only evaluated.
  std::string split = "stratified 80/10/10";  // or "random 80/20", or "all" (no validation part)
  // Pictures that are nearly the same go to one part of the split. Costs a decode of each.
  bool group_near_duplicates = false;
  int image_size = 128;
  std::string resize = "squish";  // squish | pad | crop
  std::string cache = "ram";      // ram | disk
  std::string cache_dir;          // Of "disk"; "" = <root>/prepared.
  int workers = 2;                // Loader threads.
  AugmentRecipe augment;
};

// How a bundle is named as network.init.
inline constexpr absl::string_view kBundleInit = "bundle:";

struct NetworkRecipe {
  std::string backbone = "small_cnn";  // small_cnn | mobilenet_v2 | resnet18 | resnet50
  double width = 1.0;                  // Channel multiplier; other than 1 only with mobilenet_v2.
  // "he", "bundle:DIR" (the backbone and what else fits of a bundle; DIR is its root or its
  // folder), or the path of a weights file.
  std::string init = "he";
  std::string head = "linear";  // linear | mlp | stacked
  int embedding_dim = 0;        // Key `embedding`: "pooled" is 0, { dim = N } is N.
};

struct OptimizerRecipe {
  std::string name = "adamw";  // adamw | adam | sgd
  double lr = 1e-3;
  double weight_decay = 0.05;
  double momentum = 0.9;          // sgd alone.
  double backbone_lr_factor = 1;  // Rate of the backbone's last block, times lr.
  double layer_decay = 1;         // Each block towards the input: times this.
};

struct ScheduleRecipe {
  std::string name = "warmup_cosine";  // warmup_cosine | constant
  double warmup = 0.05;                // Share of the stage's steps.
};

// Stops a stage whose validation no longer improves.
struct EarlyStopRecipe {
  std::string metric;  // "map" | "ndcg_at_10"; "" = off.
  int patience = 5;    // Validations in a row without a better one.
};

// Batches in which every image finds partners that share its labels.
struct SamplerRecipe {
  std::string name = "random";  // random | pairs
  int partners = 3;             // Of each seed image.
};

// What happens when the embedding or the predicted label sets collapse.
struct GuardRecipe {
  std::string action = "restore";  // restore | report (say so and go on) | off
  // Red validations in a row, over the bounds of stages, that make it act. A stage that would end
  // with a red one makes it act at once.
  int patience = 2;
  int warmup = 0;            // First validations of a stage that do not count; its last one does.
  int max_restores = 3;      // Then the run ends.
  double rate_factor = 0.3;  // Of the learning rate after each.
};

struct StageRecipe {
  std::string name;
  int epochs = 0;  // One of epochs and steps is > 0.
  int64_t steps = 0;
  std::vector<LossRecipe> losses = {LossRecipe{}};  // Key `loss`.
  OptimizerRecipe optimizer;
  ScheduleRecipe schedule;
  int batch_size = 32;
  double ema = 0;          // Decay; 0 = off.
  double clip_norm = 1.0;  // 0 = off.
  std::string freeze;      // "" | "backbone" | "norms"
  // With freeze = "backbone": its pooled features are computed once, without augmentation, kept on
  // disk, and standardised for the heads.
  bool cache_features = false;
  double mixup = 0;  // Of the Beta(a, a) distribution; 0 = off.
  // Metric losses alone let an embedding collapse: the classes' BCE is added where the list has no
  // classification loss.
  bool keep_bce = true;
  SamplerRecipe sampler;
  EarlyStopRecipe early_stop;
  GuardRecipe guard;
  // Which validation's weights are the stage's result: the best by "map" or "ndcg_at_10", or the
  // "last". By default map; ndcg_at_10 with a metric loss; last with self-supervision.
  std::string keep = "map";

  bool Has(LossKind kind) const;
};

struct Recipe {
  std::string name;
  int64_t seed = 7;
  int threads = 0;  // Numeric threads; 0 = all cores.
  // Where the training computes and how precisely; compute_keys.h.
  std::string device = "cpu";      // cpu | cuda (the first one that the process sees)
  std::string precision = "fp32";  // fp32 | tf32 (cuda alone) | bf16 (autocast of the backbone)
  // Key `keep_checkpoints`: "last" is false; "every_epoch" keeps one file an epoch, too.
  bool keep_every_epoch = false;
  DataRecipe data;
  NetworkRecipe network;
  std::vector<StageRecipe> stages;
  std::string index_spec = "Flat";
  std::string text;  // The file as read.
};

// Unknown key, wrong type or value out of range: InvalidArgument "NAME:LINE: …" naming key, value
// and what is allowed.
absl::StatusOr<Recipe> ParseRecipe(absl::string_view toml, absl::string_view file_name);
absl::StatusOr<Recipe> LoadRecipe(const std::string& path);

}  // namespace lookbook
