// An exploration in a few lines for a terminal.
#pragma once

#include <string>

#include "models/explore/explore.h"

namespace lookbook {

// Counts, labels, pairs, sizes and copies, a line each; not the problems (data_issues.h).
std::string ExplorationText(const Exploration& explored);

}  // namespace lookbook
