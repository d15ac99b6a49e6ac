#include <cstdio>
#include <utility>

#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/bundle_measurement.h"
#include "models/commands/command_line.h"
#include "models/commands/output_file.h"
#include "models/evaluate/comparison.h"

namespace lookbook {
namespace {

constexpr char kFooter[] =
    R"(A and B are bundle folders or bundle roots. Both see the same labelled pictures; the difference B - A comes with
its interval and p of a paired bootstrap over queries. A claim "better" stands when p is below 0.05.
Pictures that a bundle was trained on are counted on standard error: figures over them are no judgement.
Example:
  lookbook-train compare out/quick/bundles out/supcon/bundles --data data/outfits --csv holdout.csv --json difference.json)";

struct CompareFlags {
  std::string a, b;
  std::string data;
  std::string csv = "holdout.csv";
  std::string images;
  std::string split;
  std::string json;
  BootstrapOptions bootstrap;
};

absl::StatusOr<RunOutputs> Measure(const std::string& directory, const FashionData& data,
                                   const std::string& split) {
  LB_ASSIGN_OR_RETURN(const std::shared_ptr<const Bundle> bundle, OpenBundleOrRoot(directory));
  LB_ASSIGN_OR_RETURN(ModelEvaluation evaluation,
                      MeasureBundle(*bundle, data, split, /*gallery=*/false));
  return OutputsOf(bundle->manifest.recipe() + " " + bundle->id, std::move(evaluation));
}

absl::Status RunCompare(const CompareFlags& flags) {
  LB_RETURN_IF_ERROR(CheckOutputFile(flags.json));
  LB_ASSIGN_OR_RETURN(FashionData data, ReadSet(flags.data, flags.csv, flags.images));
  if (!flags.split.empty()) LB_RETURN_IF_ERROR(KeepTestPart(flags.split, &data));
  const std::string split(flags.split.empty() ? absl::StripSuffix(flags.csv, ".csv") : "test");
  LB_ASSIGN_OR_RETURN(const RunOutputs a, Measure(flags.a, data, split));
  LB_ASSIGN_OR_RETURN(const RunOutputs b, Measure(flags.b, data, split));
  LB_ASSIGN_OR_RETURN(const Comparison comparison, CompareRuns(split, a, b, flags.bootstrap));
  std::printf("%s", ComparisonTable(comparison).c_str());
  if (flags.json.empty()) return absl::OkStatus();
  return WriteFileAtomic(flags.json, ComparisonToJson(comparison));
}

}  // namespace

void AddCompareCommand(CLI::App& app, CommandList* commands) {
  const auto flags = std::make_shared<CompareFlags>();
  CLI::App* command = app.add_subcommand(
      "compare", "Measures two bundles on the same pictures and tests the difference");
  command->footer(kFooter);
  command->add_option("a", flags->a, "Bundle folder or bundle root")->required();
  command->add_option("b", flags->b, "The other one")->required();
  command->add_option("--data", flags->data, "Folder of the labelled set")->required();
  command->add_option("--csv", flags->csv, "The labels, in that folder")->capture_default_str();
  command->add_option("--images", flags->images,
                      "The images' folder there; default: the CSV's name");
  command->add_option("--split", flags->split,
                      "A run's split.json: only its test part, of the CSV that it splits");
  command->add_option("--resamples", flags->bootstrap.resamples, "Of the bootstrap")
      ->check(CLI::Range(kLeastResamples, 1000000))
      ->capture_default_str();
  command->add_option("--seed", flags->bootstrap.seed, "Of the bootstrap")->capture_default_str();
  command->add_option("--json", flags->json, "Also write the numbers here");
  commands->emplace_back(command, [flags] { return RunCompare(*flags); });
}

}  // namespace lookbook
