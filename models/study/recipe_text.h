// A recipe's main points in a few words, for the cells of a table.
#pragma once

#include <string>

#include "models/recipe/recipe.h"

namespace lookbook {

// "bce -> bce + supcon(jaccard)": the stages' losses with what tells them apart; "bce frozen" where
// the backbone does not move.
std::string LossText(const Recipe& recipe);

// "6 + 4 epochs", "1600 steps", "3 epochs + 500 steps".
std::string LengthText(const Recipe& recipe);

// "He", "bundle NAME", "file NAME": the last part of the path.
std::string InitText(const Recipe& recipe);

}  // namespace lookbook
