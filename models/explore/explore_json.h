// Every number of an exploration, for programs.
#pragma once

#include <string>

#include "models/explore/explore.h"

namespace lookbook {

// Pretty-printed JSON. Label columns come with id and name; pictures by path. Text that is not
// UTF-8 is repaired.
std::string ExplorationToJson(const Exploration& explored);

}  // namespace lookbook
