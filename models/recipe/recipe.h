// A recipe: everything that decides a training run, as read from TOML. docs/training.md explains
// the keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

struct AugmentRecipe {
  double flip = 0;              // Probability of a horizontal flip.
  double crop_scale_min = 1.0;  // Share of the area that a random crop keeps; 1 and 1 = no crop.
  double crop_scale_max = 1.0;
  double color = 0;           // Brightness, contrast and saturation jitter, each ±color.
  double erase = 0;           // Probability of erasing one random box.
  double rotate_degrees = 0;  // Rotation uniform in ±.
};

struct DataRecipe {
  std::string root;  // Folder with <csv>, label_descriptions.json and train/.
  std::string csv = "train.csv";
  std::string holdout_csv;                    // Optional labelled set that is only evaluated.
  std::string split = "stratified 80/10/10";  // or "random 80/20", or "all" (no validation part)
  int image_size = 128;
  std::string resize = "squish";  // squish | pad | crop
  std::string cache = "ram";      // ram | disk
  std::string cache_dir;          // Of "disk"; "" = <root>/prepared.
  int workers = 2;                // Loader threads.
  AugmentRecipe augment;
};

struct NetworkRecipe {
  std::string backbone = "small_cnn";  // small_cnn | mobilenet_v2 | resnet50
  std::string init = "he";             // "he"
  std::string head = "linear";         // "linear"
  std::string embedding = "pooled";    // "pooled"
};

struct OptimizerRecipe {
  std::string name = "adamw";
  double lr = 1e-3;
  double weight_decay = 0.05;
};

// One term of a stage's objective; the stage sums its terms.
struct LossRecipe {
  std::string name = "bce";
  double weight = 1;
  double smoothing = 0;         // y <- y(1 - e) + e/2, in [0, 1).
  double attribute_weight = 1;  // Of the attributes' BCE, where the data has attributes. 0 in all
                                // stages: the model does not score them.
};

struct ScheduleRecipe {
  std::string name = "warmup_cosine";  // warmup_cosine | constant
  double warmup = 0.05;                // Share of the stage's steps.
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
};

struct Recipe {
  std::string name;
  int64_t seed = 7;
  int threads = 0;  // Numeric threads; 0 = all cores.
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
