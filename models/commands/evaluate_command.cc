#include <cstdio>

#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/bundle_measurement.h"
#include "models/commands/command_line.h"
#include "models/commands/output_file.h"
#include "models/evaluate/evaluation_text.h"

namespace lookbook {
namespace {

constexpr char kFooter[] =
    R"(With --bundle: a published bundle, or the one that a bundle root's CURRENT names, on any labelled set.
Without: the step of a run, on the recipe's holdout or test part; writes OUT/evaluation.json.
Retrieval is measured twice: inside the set, each picture among the others, and against the index.
Examples:
  lookbook-train evaluate --bundle out/quick/bundles --data data/outfits --csv holdout.csv --images holdout --json e.json
  lookbook-train evaluate --out out/quick)";

struct EvaluateFlags {
  PipelineOptions pipeline;
  std::string bundle;
  std::string csv = "holdout.csv";
  std::string images;  // "" = the CSV's name without ".csv".
  std::string split;
  std::string json;
  bool gallery = true;
};

absl::Status EvaluateBundle(const EvaluateFlags& flags) {
  if (flags.pipeline.data.empty())
    return absl::InvalidArgumentError("--bundle needs --data, the folder of the labelled set");
  LB_ASSIGN_OR_RETURN(const std::shared_ptr<const Bundle> bundle, OpenBundleOrRoot(flags.bundle));
  LB_ASSIGN_OR_RETURN(FashionData data, ReadSet(flags.pipeline.data, flags.csv, flags.images));
  if (!flags.split.empty()) LB_RETURN_IF_ERROR(KeepTestPart(flags.split, &data));
  const std::string name(flags.split.empty() ? absl::StripSuffix(flags.csv, ".csv") : "test");
  LB_ASSIGN_OR_RETURN(const ModelEvaluation evaluation,
                      MeasureBundle(*bundle, data, name, flags.gallery));
  std::printf("bundle   %s\n%s", bundle->id.c_str(), EvaluationTable(evaluation.set).c_str());
  if (flags.json.empty()) return absl::OkStatus();
  return WriteFileAtomic(flags.json, EvaluationToJson(evaluation.set));
}

absl::Status RunEvaluate(const EvaluateFlags& flags) {
  LB_RETURN_IF_ERROR(CheckOutputFile(flags.json));
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
  command->add_option(
      "--split", flags->split,
      "With --bundle: a run's split.json: only its test part, of the CSV that it splits");
  command->add_flag("!--no-gallery", flags->gallery,
                    "With --bundle: measure inside the set alone, not against the bundle's index");
  command->add_option("--json", flags->json, "Also write the numbers here");
  commands->emplace_back(command, [flags] { return RunEvaluate(*flags); });
}

}  // namespace lookbook
