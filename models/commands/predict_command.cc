#include <cstdio>

#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/bundle_measurement.h"
#include "models/commands/command_line.h"
#include "models/commands/cores.h"
#include "models/commands/manifest_builder.h"
#include "models/commands/output_file.h"
#include "models/commands/prediction_csv.h"
#include "models/commands/progress.h"

namespace lookbook {
namespace {

constexpr char kFooter[] =
    R"(DIR is searched with the folders in it. Each picture is one line of the CSV: predicted labels (joined by "|", a "|" in a name
is "\|") and every score; a text that a spreadsheet would take for a formula has "'" before it; a picture that cannot be read has its error there, and the rest go on.
Example:
  lookbook-train predict data/outfits/test --bundle out/quick/bundles --csv predictions.csv)";

struct PredictFlags {
  std::string folder;
  std::string bundle;
  std::string csv;
};

absl::Status RunPredict(const PredictFlags& flags) {
  LB_RETURN_IF_ERROR(CheckOutputFile(flags.csv));  // Not after an hour of scoring.
  LB_ASSIGN_OR_RETURN(const std::vector<ImageRecord> images, ListPictures(flags.folder));
  LB_ASSIGN_OR_RETURN(const std::shared_ptr<const Bundle> bundle, OpenBundleOrRoot(flags.bundle));
  ProgressLine progress("predict");
  LB_ASSIGN_OR_RETURN(
      const EmbeddedCorpus corpus,
      EmbedImages(images, bundle->preprocess, *bundle->embedder,
                  {.threads = Cores(), .progress = [&](int64_t done, int64_t total) {
                     progress.Update(done, total);
                   }}));
  progress.Finish();
  for (const std::string& line : corpus.unreadable)
    std::fprintf(stderr, "cannot read %s\n", line.c_str());
  std::vector<float> thresholds;
  for (const auto& entry : bundle->manifest.classes()) thresholds.push_back(entry.threshold());
  LB_RETURN_IF_ERROR(WriteFileAtomic(
      flags.csv, PredictionsToCsv(LabelsOf(bundle->manifest), thresholds, images, corpus)));
  std::printf("predict  %zu pictures, %zu of them unreadable: %s\n", images.size(),
              corpus.unreadable.size(), flags.csv.c_str());
  return absl::OkStatus();
}

}  // namespace

void AddPredictCommand(CLI::App& app, CommandList* commands) {
  const auto flags = std::make_shared<PredictFlags>();
  CLI::App* command = app.add_subcommand(
      "predict", "Writes what a bundle's model predicts for a folder of pictures");
  command->footer(kFooter);
  command->add_option("dir", flags->folder, "Folder of pictures")->required();
  command->add_option("--bundle", flags->bundle, "Bundle folder, or a bundle root")->required();
  command->add_option("--csv", flags->csv, "File to write")->required();
  commands->emplace_back(command, [flags] { return RunPredict(*flags); });
}

}  // namespace lookbook
