// What a recipe's metric losses can learn from: how many labels the training pictures share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/dataset/fashion_data.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// Lines for people, of the pictures `rows`; none where no stage has a metric loss. The first is
// over all pairs of pictures; then one for each loss with a pair rule (CountAnchors). Internal:
// torch fails.
absl::StatusOr<std::vector<std::string>> PairReport(const Recipe& recipe, const FashionData& data,
                                                    const std::vector<int64_t>& rows);

}  // namespace lookbook
