// What a recipe comes to once every default is filled in.
#pragma once

#include <string>

#include "models/recipe/recipe.h"

namespace lookbook {

// One line a setting, "stage[0].optimizer.lr = 0.001", in a fixed order; all that decides a
// training, so that two recipes with the same text train the same. The recipe's name, its comments
// and where the data lies are left out. Of a loss only the settings that it reads are listed.
std::string EffectiveRecipe(const Recipe& recipe);

}  // namespace lookbook
