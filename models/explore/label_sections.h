// The parts of an exploration's report that speak of labels. Internal to models/explore.
#pragma once

#include "models/explore/explore.h"
#include "models/report/page.h"

namespace lookbook {

ReportSection LabelSection(const Exploration& explored);
ReportSection TogetherSection(const Exploration& explored);
ReportSection PairSection(const Exploration& explored);

}  // namespace lookbook
