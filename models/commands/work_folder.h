// The folder of one run: what each step left, and of which inputs.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lookbook {

// steps.json remembers for each finished step a hash of its inputs, of each output, and of the
// weights that the last training before it left: what a later training makes out of date can be
// told by that (models/study/step_record.h). Not thread-safe.
//
//   recipe.toml run.json split.json problems.txt
//   train/    checkpoint.pt best.pt weights.pt history.json result.json
//   export/   model.ts model.json
//   index/    index.faiss items.sqlite golden/ index.json
//   calibration.json evaluation.json published.json steps.json
//   report.html metrics.json metrics.csv neighbors.json
class WorkFolder {
 public:
  // Makes the folder when needed. DataLoss: steps.json is not what this class wrote.
  static absl::StatusOr<WorkFolder> Open(const std::string& directory);

  const std::string& directory() const { return directory_; }
  std::string Path(const std::string& name) const;

  // True when `step` finished with these inputs and its outputs are still what it left.
  bool IsDone(const std::string& step, const std::string& inputs) const;
  // Remembers that `step` made `outputs` (names in this folder) of `inputs`.
  absl::Status MarkDone(const std::string& step, const std::string& inputs,
                        const std::vector<std::string>& outputs);
  absl::Status Forget(const std::string& step);

 private:
  struct Step {
    std::string inputs;
    std::string weights;                         // SHA-256 of train/weights.pt; "" before any.
    std::map<std::string, std::string> outputs;  // Name -> SHA-256.
  };
  explicit WorkFolder(std::string directory) : directory_(std::move(directory)) {}
  absl::Status Save() const;

  std::string directory_;
  std::map<std::string, Step> steps_;
};

// `json` indented, as every file of a work folder is written. Paths and messages need not be UTF-8;
// what is not becomes U+FFFD, where nlohmann's own default is to throw.
std::string JsonText(const nlohmann::json& json);

// One hash of several named values.
std::string HashOf(const std::map<std::string, std::string>& values);

}  // namespace lookbook
