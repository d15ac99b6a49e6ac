// The pictures of a recipe's set, decoded now or read from a prepared file.
#pragma once

#include "absl/status/statusor.h"
#include "engine/image/preprocess.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/prepared_images.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// Where `recipe`'s prepared file lies: data.cache_dir, or the folder `prepared` of the data set.
PreparedFile PreparedFileOf(const DataRecipe& recipe, const FashionData& data,
                            const PreprocessSpec& spec);

// Opens or makes a prepared file. Says in one line on standard error why an old one is not used,
// and shows progress there.
absl::StatusOr<PreparedImages> OpenPrepared(const PreparedFile& file, const FashionData& data,
                                            const PreprocessSpec& spec, int threads);

// As data.cache says: "ram" decodes into memory, "disk" is OpenPrepared.
absl::StatusOr<PreparedImages> LoadImages(const DataRecipe& recipe, const FashionData& data,
                                          const PreprocessSpec& spec, int threads);

}  // namespace lookbook
