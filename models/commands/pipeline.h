// The trainer's path as steps over a work folder: train, export, index, evaluate, publish.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/embed/embedder.h"
#include "engine/image/preprocess.h"
#include "models/commands/work_folder.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/split.h"
#include "models/recipe/recipe.h"

namespace lookbook {

struct PipelineOptions {
  std::string recipe;    // File; "" = <work>/recipe.toml of an earlier train.
  std::string data;      // "" = the recipe's data.root, or what <work>/run.json says.
  std::string work;      // "" = out/<recipe's name>.
  std::string bundles;   // "" = <work>/bundles.
  bool resume = false;   // There must be an interrupted training to go on from.
  bool fresh = false;    // Forget what earlier runs left.
  bool activate = true;  // Publish rewrites CURRENT.
  bool strict = false;   // Any problem with the data is an error.
};

// Each step does nothing but say so when its inputs are what they were and its outputs are still
// there. Prints what it does to standard output, progress to standard error. Not thread-safe.
//
// Cancelled: interrupted; the same call goes on. Aborted: the training diverged.
// FailedPrecondition: a step before this one has not run.
class Pipeline {
 public:
  // Reads the recipe, the labels and the split.
  static absl::StatusOr<std::unique_ptr<Pipeline>> Open(const PipelineOptions& options);

  absl::Status Train();
  absl::Status Export();
  absl::Status Index();
  absl::Status Evaluate();
  absl::Status Publish();
  // All of them, in this order.
  absl::Status Run();

  const WorkFolder& work() const { return work_; }

 private:
  Pipeline(PipelineOptions options, Recipe recipe, WorkFolder work);

  absl::Status ReadData();
  absl::Status TrainNow();
  absl::Status IndexNow();
  absl::Status EvaluateNow();
  absl::Status PublishNow();
  // Skips, or runs `work` and remembers it.
  absl::Status Step(const std::string& name, const std::string& inputs,
                    const std::vector<std::string>& outputs,
                    const std::function<absl::Status()>& work);
  // SHA-256 of a file that an earlier step leaves.
  absl::StatusOr<std::string> Need(const std::string& name, const std::string& step) const;
  absl::StatusOr<std::unique_ptr<Embedder>> OpenModel() const;

  const PipelineOptions options_;
  const Recipe recipe_;
  WorkFolder work_;
  FashionData data_;
  Split split_;
  std::string split_sha256_;
  std::string files_sha256_;  // Of every image's id and size.
  PreprocessSpec spec_;
};

// The labelled set `csv` of `root`: its images lie in the folder named like the CSV without ".csv".
// What is odd about it goes to standard error, one line a problem (the first of each kind) and a
// summary; with `strict` it is InvalidArgument, too.
absl::StatusOr<FashionData> ReadLabelledSet(const std::string& root, const std::string& csv,
                                            bool strict = false);

// What a reader found odd, for people.
void PrintIssues(const FashionData& data);

// Pictures that cannot be read, for people: "PATH: why" or the path alone.
void PrintUnreadable(const std::vector<std::string>& unreadable);
// What `strict` makes of them: InvalidArgument when there is any.
absl::Status RefuseUnreadable(const std::vector<std::string>& unreadable);

}  // namespace lookbook
