// The parts of an exploration's report that speak of pictures. Internal to models/explore.
#pragma once

#include "models/explore/explore.h"
#include "models/report/page.h"

namespace lookbook {

ReportSection SampleSection(const Exploration& explored);
ReportSection SizeSection(const Exploration& explored);
ReportSection CopySection(const Exploration& explored);

}  // namespace lookbook
