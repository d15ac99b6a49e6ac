// The trainer's path as steps over a work folder: train, export, index, calibrate, evaluate,
// publish, report.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/embed/embedder.h"
#include "engine/image/preprocess.h"
#include "engine/index/index_spec.h"
#include "engine/index/vector_index.h"
#include "models/commands/calibration_file.h"
#include "models/commands/data_problems.h"
#include "models/commands/index_facts.h"
#include "models/commands/model_file.h"
#include "models/commands/work_folder.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/image_cache.h"
#include "models/dataset/split.h"
#include "models/evaluate/evaluation_text.h"
#include "models/indexing/corpus_embedder.h"
#include "models/indexing/index_recall.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// What this program makes in each step, as one number; a work folder's outputs of another are made
// anew. Training has none: weights stay good however others would be made today, and cost hours;
// `fresh` trains anew. Publishing follows from what it copies, the report's is its own.
struct StepFormats {
  int export_model = kExportFormat;
  int index = kIndexStepFormat;
  int calibrate = kCalibrationFormat;
  int evaluate = kEvaluationFormat;
};

struct PipelineOptions {
  std::string recipe;   // File; "" = <work>/recipe.toml of an earlier train.
  std::string data;     // "" = the recipe's data.root, or what <work>/run.json says.
  std::string work;     // "" = out/<recipe's name>.
  std::string bundles;  // "" = <work>/bundles.
  // In place of the recipe's network.init, device and precision; "" = as the recipe says.
  std::string init;
  std::string device;
  std::string precision;
  bool resume = false;   // There must be an interrupted training to go on from.
  bool fresh = false;    // Forget what earlier runs left.
  bool activate = true;  // Publish rewrites CURRENT, unless the network is red.
  bool strict = false;   // Any problem with the data is an error.
  StepFormats formats;   // Others than these only in tests.
};

// Each step does nothing but say so when its inputs are what they were and its outputs are still
// there. Prints what it does to standard output, progress to standard error. Not thread-safe.
//
// Cancelled: interrupted; the same call goes on. Aborted: the training diverged or collapsed;
// report.html says how it went. FailedPrecondition: a step before this one has not run, or ran with
// another recipe, data set or split, or in another version of the program (StepFormats).
class Pipeline {
 public:
  // Reads the recipe, the labels and the split.
  static absl::StatusOr<std::unique_ptr<Pipeline>> Open(const PipelineOptions& options);

  absl::Status Train();
  absl::Status Export();
  absl::Status Index();
  absl::Status Calibrate();
  absl::Status Evaluate();
  absl::Status Publish();
  // Also of a training that ended with Aborted: what its validations say.
  absl::Status Report();
  // All of them, in this order.
  absl::Status Run();

  const WorkFolder& work() const { return work_; }
  // What the steps so far found wrong with the data.
  const DataProblems& problems() const { return problems_; }

 private:
  Pipeline(PipelineOptions options, Recipe recipe, WorkFolder work);

  absl::Status ReadData();
  // The labels, told and counted. InvalidArgument: `strict`, and there is a problem.
  absl::Status ReadSets();
  // The split that an earlier run stored, where it is one of the same images by the same rule and
  // seed; otherwise a new one. `key` stands for all of that. DataLoss: the stored one is damaged.
  absl::StatusOr<Split> StoredOrNewSplit(const std::string& key) const;
  absl::StatusOr<Split> NewSplit() const;
  // recipe_.data.holdout_csv, read once, with the other labels.
  absl::StatusOr<const FashionData*> Holdout();
  // The training pictures; those that cannot be read leave `split`.
  absl::StatusOr<std::unique_ptr<ImageCache>> CacheImages(Split* split);
  absl::Status TrainNow();
  absl::Status IndexNow();
  absl::StatusOr<IndexRecall> RecallOf(const IndexSpec& spec, const VectorIndex& index,
                                       const EmbeddedCorpus& corpus, const Embedder& model) const;
  // Of eight of the `images` that `corpus` embeds, as `index` numbers them.
  absl::Status WriteGoldenCases(const std::vector<ImageRecord>& images,
                                const EmbeddedCorpus& corpus, const VectorIndex& index) const;
  absl::Status CalibrateNow();
  absl::Status EvaluateNow();
  // Whether publishing rewrites CURRENT; says so where a red result keeps it from that.
  absl::StatusOr<bool> Activates() const;
  absl::Status PublishNow(bool activate);
  // The bundle that the publish step left of just this run.
  struct PublishedBundle {
    std::string inputs;  // Of that step.
    std::string directory;
  };
  absl::StatusOr<PublishedBundle> FindPublished();
  absl::Status ReportNow(const std::string& directory);
  // The report of a training that went nowhere, from its validations alone.
  absl::Status ReportTraining() const;
  // Writes it beside the error, which it returns with the report's name.
  absl::Status ExplainAborted(const absl::Status& aborted);
  // The labelled pictures that the run is judged by: the holdout, else the test part, the
  // validation part or, where there is no other, the training part.
  struct JudgedPart {
    std::string name;
    LabelSpace labels;
    std::vector<ImageRecord> images;
    std::string csv;
  };
  absl::StatusOr<JudgedPart> Judged();
  // Skips, or runs `work` and remembers it.
  absl::Status Step(const std::string& name, const std::string& inputs,
                    const std::vector<std::string>& outputs,
                    const std::function<absl::Status()>& work);
  // What each step is made of, as one hash. Those of the later steps ask that the steps before them
  // are done, of just these inputs: a bundle must not name a recipe, data or split that its weights
  // have never seen. FailedPrecondition names the step to run.
  std::string TrainInputs() const;
  absl::StatusOr<std::string> ExportInputs() const;
  absl::StatusOr<std::string> IndexInputs() const;
  absl::StatusOr<std::string> CalibrateInputs() const;
  absl::StatusOr<std::string> EvaluateInputs();
  absl::StatusOr<std::string> PublishInputs(const std::string& root, bool activate);
  absl::StatusOr<std::string> ReportInputs(const std::string& publish_inputs) const;
  absl::Status Require(const std::string& step, const std::string& inputs,
                       const std::string& output) const;
  absl::StatusOr<std::unique_ptr<Embedder>> OpenModel() const;

  const PipelineOptions options_;
  const Recipe recipe_;
  WorkFolder work_;
  FashionData data_;
  std::optional<FashionData> holdout_;
  Split split_;
  std::string split_sha256_;
  std::string files_sha256_;                 // PicturesKey of the labelled pictures.
  std::map<std::string, std::string> sets_;  // CSV -> which labels and pictures it named.
  std::string init_;                         // Which first weights, beyond their name.
  PreprocessSpec spec_;
  DataProblems problems_;
};

// The labelled set `csv` of `root`: its images lie in the folder named like the CSV without ".csv".
// What is odd about it goes to standard error, one line a problem (the first of each kind) and a
// summary.
absl::StatusOr<FashionData> ReadLabelledSet(const std::string& root, const std::string& csv);

// What a reader found odd, for people.
void PrintIssues(const FashionData& data);

}  // namespace lookbook
