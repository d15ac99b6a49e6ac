#include "models/train/preprocess_recipe.h"

#include "absl/strings/str_cat.h"

namespace lookbook {

absl::StatusOr<PreprocessSpec> MakePreprocessSpec(const DataRecipe& recipe) {
  PreprocessSpec spec;
  spec.size = recipe.image_size;
  if (recipe.resize == "squish") {
    spec.resize = ResizeMode::kSquish;
  } else if (recipe.resize == "pad") {
    spec.resize = ResizeMode::kPad;
  } else if (recipe.resize == "crop") {
    spec.resize = ResizeMode::kCrop;
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("data.resize: \"", recipe.resize, "\" is not one of: squish, pad, crop"));
  }
  return spec;
}

}  // namespace lookbook
