#include "models/commands/reproduce.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/stop_signal.h"
#include "models/commands/command_line.h"
#include "models/commands/duplicate_groups.h"
#include "models/commands/pipeline.h"
#include "models/commands/progress.h"
#include "models/commands/study_plan.h"
#include "models/commands/study_runs.h"
#include "models/dataset/split.h"
#include "models/study/comparison_page.h"
#include "models/study/study_export.h"
#include "models/study/study_pairs.h"
#include "models/train/label_support.h"

namespace lookbook {
namespace {

constexpr char kHoldoutCsv[] = "holdout.csv";
constexpr char kCommonSplit[] = "stratified 80/10/10";
constexpr int64_t kCommonSeed = 7;

absl::StatusOr<Split> CommonSplit(const FashionData& data, bool grouped) {
  std::vector<int64_t> groups;
  if (grouped) {
    LB_ASSIGN_OR_RETURN(groups, GroupNearDuplicates(data.images));
  }
  return MakeSplit(kCommonSplit, data, kCommonSeed, groups);
}

// The common queries, and what has to be replaced for them in every recipe: all that decides which
// pictures a run is trained on. `grouped`: the split is to keep near duplicates together.
absl::StatusOr<StudyQueries> FindQueries(const std::string& root, bool grouped,
                                         RecipeOverrides* overrides) {
  StudyQueries out;
  LB_ASSIGN_OR_RETURN(const FashionData data, ReadLabelledSet(root, DataRecipe().csv));
  Split split;
  if (PathExists(JoinPath(root, kHoldoutCsv))) {
    out.name = "holdout";
    overrides->holdout_csv = kHoldoutCsv;
    LB_ASSIGN_OR_RETURN(out.data, ReadLabelledSet(root, kHoldoutCsv));
    LB_ASSIGN_OR_RETURN(split, MakeSplit("all", data, kCommonSeed));
  } else {
    out.name = "test";
    overrides->holdout_csv = "";
    overrides->split = kCommonSplit;
    overrides->seed = kCommonSeed;
    overrides->group_near_duplicates = grouped;
    LB_ASSIGN_OR_RETURN(split, CommonSplit(data, grouped));
    out.data.labels = data.labels;
    for (const int64_t row : split.test) out.data.images.push_back(data.images[row]);
  }
  overrides->train_images = static_cast<int64_t>(split.train.size());
  const LabelSupport support = CountClasses(data, split.train);
  for (const int64_t count : support.counts)
    out.prevalence.push_back(static_cast<float>(count) / static_cast<float>(support.images));
  return out;
}

std::vector<std::string> SettingsText(const RecipeOverrides& overrides) {
  std::vector<std::string> out;
  if (!overrides.backbone.empty()) out.push_back(absl::StrCat("network ", overrides.backbone));
  if (!overrides.pretrained.empty())
    out.push_back(absl::StrCat("pretrained weights ", overrides.pretrained));
  if (overrides.image_size > 0)
    out.push_back(absl::StrCat("pictures of ", overrides.image_size, " pixels"));
  if (overrides.epochs > 0) out.push_back(absl::StrCat(overrides.epochs, " epochs a stage"));
  if (overrides.max_images > 0)
    out.push_back(absl::StrCat("at most ", overrides.max_images, " images looked at"));
  if (!overrides.split.empty()) out.push_back(absl::StrCat("split ", overrides.split));
  if (overrides.group_near_duplicates) out.push_back("near duplicates in one part");
  return out;
}

std::string RunLine(const MeasuredRun& run) {
  if (!run.row.failure.empty()) return run.row.failure;
  if (!run.row.same_as.empty()) return SameAsText(run.row);
  return absl::StrFormat("mAP %.3f, nDCG@10 %.3f, std·√D %.2f, %s", run.row.values.at("map"),
                         run.row.values.at("ndcg_at_10"), run.row.values.at("std_sqrt_d"),
                         run.row.guard);
}

// Trains and measures one recipe, unless another is the same. Whatever goes wrong in it is a row;
// only a stop ends the study.
absl::StatusOr<MeasuredRun> RunOne(const PlannedRun& run, const StudyQueries& queries,
                                   const ReproduceOptions& options) {
  if (!run.same_as.empty()) return MeasuredRun{TwinRow(run.recipe, run.same_as), std::nullopt};
  LB_ASSIGN_OR_RETURN(const ChildResult child, options.launch(run.request));
  if (StopRequested() || child.exit_code == kExitInterrupted)
    return absl::CancelledError("interrupted; the same command goes on from there");
  LB_ASSIGN_OR_RETURN(
      const RunOutcome outcome,
      RememberOutcome(run.request.work + ".outcome.json", run.recipe.text, child, run.request.log));
  if (outcome.exit_code != 0)
    return MeasuredRun{FailedRow(run.recipe, run.request.work, outcome.message), std::nullopt};
  absl::StatusOr<MeasuredRun> measured =
      MeasureRun(run.recipe, run.request.work, run.request.bundles, queries, options.bootstrap);
  if (absl::IsCancelled(measured.status())) return measured.status();
  if (!measured.ok()) {
    return MeasuredRun{
        FailedRow(run.recipe, run.request.work, std::string(measured.status().message())),
        std::nullopt};
  }
  measured->row.peak_rss_bytes = outcome.peak_rss_bytes;
  return measured;
}

absl::StatusOr<std::vector<StudyComparison>> ComparePairs(const std::vector<StudyPair>& pairs,
                                                          const std::vector<MeasuredRun>& runs,
                                                          const StudyQueries& queries,
                                                          const BootstrapOptions& bootstrap) {
  std::map<std::string, const RunOutputs*> outputs;
  for (const MeasuredRun& run : runs) {
    if (run.outputs.has_value()) outputs[run.row.run] = &*run.outputs;
  }
  std::vector<StudyComparison> out;
  for (const auto& [a, b] : pairs) {
    if (outputs.count(a) == 0 || outputs.count(b) == 0) continue;
    LB_ASSIGN_OR_RETURN(Comparison comparison,
                        CompareRuns(queries.name, *outputs[a], *outputs[b], bootstrap));
    out.push_back({a, b, std::move(comparison)});
  }
  return out;
}

// One page over the runs that came far enough to leave a work folder.
absl::Status WriteReport(const std::vector<PlannedRun>& runs, const std::string& out) {
  std::vector<std::string> folders;
  for (const PlannedRun& run : runs) {
    if (run.same_as.empty() && PathExists(JoinPath(run.request.work, "recipe.toml")))
      folders.push_back(run.request.work);
  }
  if (folders.empty()) return absl::OkStatus();
  LB_ASSIGN_OR_RETURN(const std::string html, ComparisonPage(folders));
  return WriteFileAtomic(JoinPath(out, "study.html"), html);
}

absl::Status WriteStudy(const Study& study, const std::string& out) {
  LB_RETURN_IF_ERROR(WriteFileAtomic(JoinPath(out, "study.csv"), StudyToCsv(study)));
  LB_RETURN_IF_ERROR(WriteFileAtomic(JoinPath(out, "study.json"), StudyToJson(study)));
  LB_RETURN_IF_ERROR(WriteFileAtomic(JoinPath(out, "study.md"), StudyToMarkdown(study)));
  std::printf("%sstudy    %s, and .html, .csv and .json beside it\n", StudyText(study).c_str(),
              JoinPath(out, "study.md").c_str());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ChildResult> LaunchRun(const RunRequest& request) {
  return RunChild({"/proc/self/exe", "run", "--recipe", request.recipe, "--data", request.data,
                   "--out", request.work, "--bundles", request.bundles},
                  request.log);
}

absl::Status Reproduce(const ReproduceOptions& options) {
  RecipeOverrides overrides = options.overrides;
  LB_ASSIGN_OR_RETURN(const std::vector<std::string> files, RecipeFiles(options.recipes));
  LB_ASSIGN_OR_RETURN(const bool grouped, AnyGroupsNearDuplicates(files));
  LB_ASSIGN_OR_RETURN(const StudyQueries queries, FindQueries(options.data, grouped, &overrides));
  LB_ASSIGN_OR_RETURN(const std::vector<PlannedRun> planned, PlanRuns(files, options, overrides));
  LB_ASSIGN_OR_RETURN(const std::vector<StudyPair> pairs, PlanPairs(planned, options.pairs));
  Study study{.data = absl::StrCat(options.data, ", ", queries.name),
              .settings = SettingsText(overrides)};
  LB_ASSIGN_OR_RETURN(study.rows, MeasureBaselines(queries, options.bootstrap));
  const std::map<std::string, double>& chance = study.rows.front().values;
  study.queries = static_cast<int64_t>(queries.data.images.size());
  study.excluded_strict = static_cast<int64_t>(chance.at("queries_excluded_strict"));
  study.excluded_j50 = static_cast<int64_t>(chance.at("queries_excluded_j50"));
  std::vector<MeasuredRun> runs;
  std::vector<std::string> failed;
  for (const PlannedRun& run : planned) {
    std::printf("run      %zu/%zu %s: %s\n", runs.size() + 1, planned.size(),
                run.recipe.name.c_str(), run.request.log.c_str());
    std::fflush(stdout);
    LB_ASSIGN_OR_RETURN(MeasuredRun measured, RunOne(run, queries, options));
    std::printf("         %s\n", RunLine(measured).c_str());
    if (!measured.row.failure.empty()) failed.push_back(run.recipe.name);
    study.rows.push_back(measured.row);
    runs.push_back(std::move(measured));
  }
  LB_ASSIGN_OR_RETURN(study.pairs, ComparePairs(pairs, runs, queries, options.bootstrap));
  LB_RETURN_IF_ERROR(WriteReport(planned, options.out));
  LB_RETURN_IF_ERROR(WriteStudy(study, options.out));
  if (failed.empty()) return absl::OkStatus();
  return absl::UnknownError(
      absl::StrCat(failed.size(), " of ", planned.size(),
                   " recipes have no figures: ", absl::StrJoin(failed, ", ")));
}

}  // namespace lookbook
