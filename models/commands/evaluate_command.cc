#include <algorithm>
#include <cstdio>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle.h"
#include "engine/embed/torchscript_embedder.h"
#include "models/commands/command_line.h"
#include "models/commands/manifest_builder.h"
#include "models/commands/progress.h"
#include "models/evaluate/bundle_evaluator.h"
#include "models/evaluate/evaluation_text.h"

namespace lookbook {
namespace {

constexpr char kFooter[] =
    R"(With --bundle: a published bundle, or the one that a bundle root's CURRENT names, on any labelled set.
Without: the step of a run, on the recipe's holdout or test part; writes OUT/evaluation.json.
Examples:
  lookbook-train evaluate --bundle out/quick/bundles --data data/outfits --csv holdout.csv --images holdout --json e.json
  lookbook-train evaluate --out out/quick)";

struct EvaluateFlags {
  PipelineOptions pipeline;
  std::string bundle;
  std::string csv = "holdout.csv";
  std::string images;  // "" = the CSV's name without ".csv".
  std::string json;
};

absl::StatusOr<std::shared_ptr<const Bundle>> OpenEither(const std::string& directory) {
  if (PathExists(JoinPath(directory, kManifestFile))) return OpenBundle(directory, {});
  return OpenCurrentBundle(directory, {});
}

absl::Status EvaluateBundle(const EvaluateFlags& flags) {
  if (flags.pipeline.data.empty())
    return absl::InvalidArgumentError("--bundle needs --data, the folder of the labelled set");
  SetNumericThreads(1);  // The images are shared out among threads.
  LB_ASSIGN_OR_RETURN(const std::shared_ptr<const Bundle> bundle, OpenEither(flags.bundle));
  const std::string name(absl::StripSuffix(flags.csv, ".csv"));
  LB_ASSIGN_OR_RETURN(
      const FashionData data,
      ReadImaterialist(flags.pipeline.data, flags.csv, flags.images.empty() ? name : flags.images));
  PrintIssues(data);
  ProgressLine progress("evaluate");
  const ServedModel model{*bundle->embedder, bundle->preprocess, LabelsOf(bundle->manifest)};
  LB_ASSIGN_OR_RETURN(
      const ModelEvaluation evaluation,
      EvaluateModel(
          model, data.labels, data.images,
          {.split = name,
           .threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency())),
           .progress = [&](int64_t done, int64_t total) { progress.Update(done, total); }}));
  progress.Finish();
  PrintUnreadable(evaluation.unreadable);
  std::printf("bundle   %s\n%s", bundle->id.c_str(), EvaluationTable(evaluation.set).c_str());
  if (flags.json.empty()) return absl::OkStatus();
  return WriteFileAtomic(flags.json, EvaluationToJson(evaluation.set));
}

absl::Status RunEvaluate(const EvaluateFlags& flags) {
  if (!flags.bundle.empty()) return EvaluateBundle(flags);
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<Pipeline> pipeline, Pipeline::Open(flags.pipeline));
  LB_RETURN_IF_ERROR(pipeline->Evaluate());
  if (flags.json.empty()) return absl::OkStatus();
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(pipeline->work().Path("evaluation.json")));
  return WriteFileAtomic(flags.json, text);
}

}  // namespace

void AddEvaluateCommand(CLI::App& app, CommandList* commands) {
  const auto flags = std::make_shared<EvaluateFlags>();
  CLI::App* command = app.add_subcommand(
      "evaluate", "Measures a bundle, or a run's exported model, on a labelled set");
  command->footer(kFooter);
  command->add_option("--bundle", flags->bundle, "Bundle folder, or a bundle root");
  AddPipelineFlags(*command, &flags->pipeline);
  command->add_flag("--fresh", flags->pipeline.fresh, "Do it again, whatever earlier runs left");
  command->add_option("--csv", flags->csv, "With --bundle: the labels, in the folder --data")
      ->capture_default_str();
  command->add_option("--images", flags->images,
                      "With --bundle: the images' folder there; default: the CSV's name");
  command->add_option("--json", flags->json, "Also write the numbers here");
  commands->emplace_back(command, [flags] { return RunEvaluate(*flags); });
}

}  // namespace lookbook
