// An exploration as a report for people.
#pragma once

#include "models/explore/explore.h"
#include "models/report/page.h"

namespace lookbook {

// Reads the pictures that it shows; one that cannot be read is left blank.
ReportPage ExplorationPage(const Exploration& explored);

}  // namespace lookbook
