// calibration.json of a work folder: what the calibrate step leaves for evaluate and publish.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/bundle/manifest.h"
#include "models/evaluate/calibration.h"

namespace lookbook {

// Raise it when the calibrate step comes to other numbers from the same index and queries, or
// writes calibration.json in another form: kept work folders are then calibrated anew.
inline constexpr int kCalibrationFormat = 2;

struct CalibrationFacts {
  bundle::v1::Calibration block;                  // As a manifest carries it.
  std::vector<float> thresholds;                  // One a class.
  std::vector<ReliabilityBin> reliability;        // For reports: ece_after, bin by bin.
  std::vector<ReliabilityBin> reliability_first;  // The same of each query's first answer.
};

CalibrationFacts ToFacts(const CalibrationResult& result);

// {"thresholds": […], "calibration": the block as proto JSON,
//  "reliability": [{"predicted", "observed", "pairs"}], "reliability_first": as "reliability"}
absl::Status WriteCalibration(const std::string& path, const CalibrationFacts& facts);
// NotFound: no such file. DataLoss: not what WriteCalibration writes.
absl::StatusOr<CalibrationFacts> ReadCalibration(const std::string& path);

}  // namespace lookbook
