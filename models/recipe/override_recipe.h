// A recipe with some of its settings replaced: how a list of recipes runs on another network or
// within another budget, each otherwise as it is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// Empty or 0 = as the recipe says.
struct RecipeOverrides {
  std::string backbone;  // network.backbone; a width that it does not have goes.
  std::string init;      // network.init.
  // network.init of the recipes that do not begin at random ("he"); `init` wins.
  std::string pretrained;
  int image_size = 0;
  int epochs = 0;  // Of every stage.
  // Training images that a run may look at, counted over its stages (an epoch of n images counts
  // n). A longer recipe is cut, every stage by the same share. Stages on cached features keep their
  // length: they look at no image. Needs `train_images`.
  int64_t max_images = 0;
  int64_t train_images = 0;  // Of the training part.
  std::string split;
  bool group_near_duplicates = false;      // true: data.group_near_duplicates is.
  std::optional<std::string> holdout_csv;  // "" = none; nullopt = as the recipe says.
  int64_t seed = -1;                       // -1 = as the recipe says.
  // Where it computes. A line each at the text's beginning: compute_keys.h.
  std::string device;
  std::string precision;
};

// TOML again, with the changes as comments in its head; the recipe's own comments are lost, but
// where `device` and `precision` are all that changes.
// InvalidArgument: `toml` is no recipe, or is none after the changes.
absl::StatusOr<std::string> OverrideRecipe(absl::string_view toml, absl::string_view file_name,
                                           const RecipeOverrides& overrides);

}  // namespace lookbook
