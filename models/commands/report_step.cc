// Pipeline::Report: what the run came to, as one page and as numbers.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "models/commands/bundle_measurement.h"
#include "models/commands/calibration_file.h"
#include "models/commands/cores.h"
#include "models/commands/pipeline.h"
#include "models/commands/prediction_csv.h"
#include "models/commands/progress.h"
#include "models/dataset/prepared_images.h"
#include "models/report/render_page.h"
#include "models/study/metrics_file.h"
#include "models/study/neighbor_file.h"
#include "models/study/neighbor_study.h"
#include "models/study/run_page.h"
#include "models/study/run_reader.h"
#include "models/study/unlabelled_study.h"

namespace lookbook {
namespace {

constexpr char kFormat[] = "3";                  // Another one makes every report anew.
constexpr char kAborted[] = "aborted training";  // As a step.
constexpr char kUnlabelledFolder[] = "test";     // Of a data set.

struct Published {
  std::string root;
  std::string bundle_id;
  bool active = true;
};

absl::StatusOr<Published> ReadPublished(const WorkFolder& work) {
  const std::string path = work.Path("published.json");
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (absl::IsNotFound(text.status())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "no ", path, ": run `lookbook-train publish --out ", work.directory(), "` first"));
  }
  LB_RETURN_IF_ERROR(text.status());
  try {
    const nlohmann::json json = nlohmann::json::parse(*text);
    return Published{json.at("root").get<std::string>(), json.at("bundle_id").get<std::string>(),
                     json.at("active").get<bool>()};
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat(path, ": ", e.what()));
  }
}

// Of the pictures without labels.
std::string KeyOfPictures(const std::string& folder) {
  return PicturesKey(ListPictures(folder).value_or(std::vector<ImageRecord>()));
}

// The other way: ToFacts without the parts that no report shows.
CalibrationResult ResultOf(const CalibrationFacts& facts) {
  CalibrationResult out{.source = facts.block.source(),
                        .queries = static_cast<int64_t>(facts.block.queries()),
                        .pairs = static_cast<int64_t>(facts.block.pairs()),
                        .ece_before = facts.block.ece_before(),
                        .ece_after = facts.block.ece_after(),
                        .reliability = facts.reliability,
                        .reliability_first = facts.reliability_first,
                        .thresholds = facts.thresholds,
                        .novelty_similarity = facts.block.novelty_similarity()};
  for (const auto& knot : facts.block.knots())
    out.knots.push_back({knot.similarity(), knot.probability()});
  return out;
}

absl::StatusOr<UnlabelledStudy> StudyFolder(const Bundle& bundle, const std::string& folder) {
  const absl::StatusOr<std::vector<ImageRecord>> pictures = ListPictures(folder);
  UnlabelledStudy out;
  if (pictures.ok()) {
    LB_ASSIGN_OR_RETURN(out, StudyUnlabelled(bundle, *pictures, Cores()));
  } else {
    out.problem = std::string(pictures.status().message());
  }
  out.folder = folder;
  return out;
}

absl::Status WritePage(const WorkFolder& work, const RunStudy& run) {
  LB_ASSIGN_OR_RETURN(const std::string html, RenderPage(RunPage(run)));
  LB_RETURN_IF_ERROR(WriteFileAtomic(work.Path("metrics.json"), MetricsToJson(run)));
  LB_RETURN_IF_ERROR(WriteFileAtomic(work.Path("metrics.csv"), MetricsToCsv(run)));
  return WriteFileAtomic(work.Path("report.html"), html);
}

absl::Status WriteReport(const WorkFolder& work, const RunStudy& run) {
  LB_RETURN_IF_ERROR(WriteFileAtomic(work.Path("neighbors.json"), NeighborsToJson(run.neighbors)));
  return WritePage(work, run);
}

}  // namespace

// The bundle went where this call would publish, or where published.json says: that file cannot
// name a root that is not UTF-8.
absl::StatusOr<Pipeline::PublishedBundle> Pipeline::FindPublished() {
  // The earlier steps first: they say which of them to run.
  LB_ASSIGN_OR_RETURN(const std::string evaluated, EvaluateInputs());
  LB_RETURN_IF_ERROR(Require("evaluate", evaluated, "evaluation.json"));
  LB_ASSIGN_OR_RETURN(const Published published, ReadPublished(work_));
  const std::string own = options_.bundles.empty() ? work_.Path("bundles") : options_.bundles;
  PublishedBundle out;
  for (const std::string& root : {own, published.root}) {
    LB_ASSIGN_OR_RETURN(out.inputs, PublishInputs(root, published.active));
    out.directory = JoinPath(root, published.bundle_id);
    if (work_.IsDone("publish", out.inputs)) break;
  }
  LB_RETURN_IF_ERROR(Require("publish", out.inputs, "published.json"));
  return out;
}

absl::StatusOr<std::string> Pipeline::ReportInputs(const std::string& publish_inputs) const {
  LB_ASSIGN_OR_RETURN(const std::string bundle, Sha256OfFile(work_.Path("published.json")));
  LB_ASSIGN_OR_RETURN(const std::string history, Sha256OfFile(work_.Path("train/history.json")));
  return HashOf({{"of", publish_inputs},
                 {"bundle", bundle},
                 {"history", history},
                 {"unlabelled", KeyOfPictures(JoinPath(recipe_.data.root, kUnlabelledFolder))},
                 {"format", kFormat}});
}

absl::Status Pipeline::ReportTraining() const {
  LB_ASSIGN_OR_RETURN(RunStudy run, ReadRun(work_.directory()));
  // What an earlier run left here is not of this training.
  run.evaluation.reset();
  run.bundle_id.clear();
  run.neighbors = {};
  run.train_seconds = run.history.empty() ? 0 : run.history.back().seconds;
  LB_RETURN_IF_ERROR(WritePage(work_, run));
  std::printf("report   %s: of the training alone\n", work_.Path("report.html").c_str());
  return absl::OkStatus();
}

absl::Status Pipeline::ExplainAborted(const absl::Status& aborted) {
  absl::Status status = ReportTraining();
  // So that the report can be made again, of this training and no other.
  if (status.ok()) status = work_.MarkDone(kAborted, TrainInputs(), {"train/history.json"});
  return absl::AbortedError(
      status.ok() ? absl::StrCat(aborted.message(), " Report: ", work_.Path("report.html"))
                  : absl::StrCat(aborted.message(), " There is no report: ", status.message()));
}

absl::Status Pipeline::Report() {
  const std::string train_inputs = TrainInputs();
  if (!work_.IsDone("train", train_inputs) && work_.IsDone(kAborted, train_inputs))
    return ReportTraining();
  LB_ASSIGN_OR_RETURN(const PublishedBundle bundle, FindPublished());
  LB_ASSIGN_OR_RETURN(const std::string inputs, ReportInputs(bundle.inputs));
  return Step("report", inputs, {"report.html", "metrics.json", "metrics.csv", "neighbors.json"},
              [&] { return ReportNow(bundle.directory); });
}

absl::Status Pipeline::ReportNow(const std::string& directory) {
  if (!PathExists(directory)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the bundle ", directory, " is gone: run `lookbook-train publish --out ",
                     work_.directory(), "` first"));
  }
  LB_ASSIGN_OR_RETURN(const std::shared_ptr<const Bundle> bundle, OpenBundleOrRoot(directory));
  // What this step makes anew is not read: it may be damaged.
  LB_RETURN_IF_ERROR(RemoveAll(work_.Path("neighbors.json")));
  LB_ASSIGN_OR_RETURN(RunStudy run, ReadRun(work_.directory()));
  LB_ASSIGN_OR_RETURN(const CalibrationFacts calibration,
                      ReadCalibration(work_.Path("calibration.json")));
  run.calibration = ResultOf(calibration);
  LB_ASSIGN_OR_RETURN(const JudgedPart part, Judged());
  ProgressLine progress("report");
  LB_ASSIGN_OR_RETURN(run.neighbors, StudyNeighbors(*bundle, part.labels, part.images,
                                                    {.threads = Cores(),
                                                     .progress = [&](int64_t done, int64_t total) {
                                                       progress.Update(done, total);
                                                     }}));
  progress.Finish();
  LB_ASSIGN_OR_RETURN(run.unlabelled,
                      StudyFolder(*bundle, JoinPath(recipe_.data.root, kUnlabelledFolder)));
  LB_RETURN_IF_ERROR(WriteReport(work_, run));
  std::printf("report   %s, metrics.json, metrics.csv\n", work_.Path("report.html").c_str());
  return absl::OkStatus();
}

}  // namespace lookbook
