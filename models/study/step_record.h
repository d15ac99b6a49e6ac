// steps.json of a work folder: which of its files are of the weights that lie there now. Trainings
// go on in a folder, and what an earlier one left stays until its step runs again.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace lookbook {

class StepRecord {
 public:
  // Nothing is current where there is no steps.json. DataLoss: it is not one.
  static absl::StatusOr<StepRecord> Read(const std::string& folder);

  // The step is done, its outputs are what it left, and it worked with the weights of the finished
  // training that the folder holds.
  bool IsCurrent(const std::string& step) const;

 private:
  struct Step {
    std::string weights;                         // SHA-256 of the train/weights.pt it worked with.
    std::map<std::string, std::string> outputs;  // Name -> SHA-256.
  };
  explicit StepRecord(std::string folder) : folder_(std::move(folder)) {}
  bool OutputsAreThere(const Step& step) const;

  std::string folder_;
  std::map<std::string, Step> steps_;
};

}  // namespace lookbook
