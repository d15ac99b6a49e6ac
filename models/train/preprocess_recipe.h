// The recipe's words on pixels as the engine's specification.
#pragma once

#include "absl/status/statusor.h"
#include "engine/image/preprocess.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// Size and resize mode come from the recipe, the rest are PreprocessSpec's defaults (ImageNet's
// mean and deviation). InvalidArgument: an unknown resize mode.
absl::StatusOr<PreprocessSpec> MakePreprocessSpec(const DataRecipe& recipe);

}  // namespace lookbook
