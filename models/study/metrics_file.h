// The numbers of a run's report for programs.
#pragma once

#include <string>

#include "models/study/run_study.h"

namespace lookbook {

// {"recipe", "data", "bundle_id", "state", "split", "images", "values": {…}, "chance": {"random":
// {…}, "label_frequency": {…}}, "classes": [{…}], "calibration": {…}, "training": {…}, "neighbors":
// {…}}, indented; NaN becomes null. What the run did not come to is left out. "training" says in
// "part" what was looked at during training and names figures by it: "validation_map", or
// "train_sample_map" where there was no validation part.
std::string MetricsToJson(const RunStudy& run);

// The same numbers, one a line: scope,name,metric,value. Scopes: "set" (its name), "chance"
// ("random", "label_frequency"), "class" (its name), "calibration" (its queries), "training" (the
// recipe), "neighbors" (the set). No value: not measured.
std::string MetricsToCsv(const RunStudy& run);

}  // namespace lookbook
