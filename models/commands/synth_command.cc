#include <cstdio>
#include <map>

#include "base/status_macros.h"
#include "models/commands/command_line.h"
#include "models/commands/progress.h"
#include "models/dataset/synth.h"

namespace lookbook {
namespace {

constexpr char kFooter[] = R"(Examples:
  lookbook-train synth --out data/outfits
  lookbook-train synth --out data/large --size 128 --train 20000 --garments 5
  lookbook-train synth --out data/garments --style single --size 32 --train 20000     to pretrain on
  lookbook-train synth --out data/fashion-mnist --style plain --size 28 --train 60000 --holdout 10000
  lookbook-train synth --out /tmp/tiny --tiny)";

void PrintStatistics(const char* part, const LabelStatistics& statistics) {
  std::printf(
      "  %-8s %lld pictures, %.2f classes each; two pictures share none %.0f %%, more than two "
      "%.1f %%, Jaccard %.2f\n",
      part, static_cast<long long>(statistics.images), statistics.classes_per_image,
      100 * statistics.share_none, 100 * statistics.share_above_2, statistics.mean_jaccard);
}

absl::Status RunSynth(SynthOptions options, bool tiny) {
  if (tiny) {
    const SynthOptions small = TinySynthOptions(options.output);
    options.train = small.train;
    options.holdout = small.holdout;
    options.unlabelled = small.unlabelled;
  }
  std::string label;
  std::unique_ptr<ProgressLine> progress;
  options.progress = [&](absl::string_view part, int64_t done, int64_t total) {
    if (progress == nullptr || label != part) {
      label = std::string(part);
      progress = std::make_unique<ProgressLine>(label);
    }
    progress->Update(done, total);
  };
  LB_ASSIGN_OR_RETURN(const SynthSummary summary, SynthesizeOutfits(options));
  progress.reset();
  std::printf("synth    %s: %lld pictures, %lld garments\n", options.output.c_str(),
              static_cast<long long>(summary.pictures), static_cast<long long>(summary.garments));
  PrintStatistics("train", summary.train);
  PrintStatistics("holdout", summary.holdout);
  return absl::OkStatus();
}

}  // namespace

void AddSynthCommand(CLI::App& app, CommandList* commands) {
  const auto options = std::make_shared<SynthOptions>();
  const auto tiny = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("synth", "Composes a labelled set of outfits from Fashion-MNIST garments");
  command->footer(kFooter);
  command->add_option("--out", options->output, "Folder to write; an earlier set there is replaced")
      ->required();
  command->add_option("--train", options->train, "Pictures in train/")->capture_default_str();
  command->add_option("--holdout", options->holdout, "Pictures in holdout/")->capture_default_str();
  command->add_option("--unlabelled", options->unlabelled, "Pictures in test/, without labels")
      ->capture_default_str();
  command->add_flag("--tiny", *tiny, "So few pictures that it takes a second (for tests)");
  command->add_option("--size", options->size, "Side of a picture in pixels")
      ->capture_default_str();
  command
      ->add_option(
          "--style", options->style,
          "outfits, single (one tinted garment a picture) or plain (Fashion-MNIST as it is)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, SynthStyle>{{"outfits", SynthStyle::kOutfits},
                                            {"single", SynthStyle::kSingle},
                                            {"plain", SynthStyle::kPlain}}));
  command->add_option("--garments", options->garments, "Garments a picture; 0 = as outfits come")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Another seed, other pictures")
      ->capture_default_str();
  command->add_option("--jpeg-quality", options->jpeg_quality, "1 to 100")->capture_default_str();
  AddThreadsFlag(*command, &options->threads);
  command
      ->add_option("--garment-source", options->garment_source,
                   "Folder of Fashion-MNIST's four files")
      ->capture_default_str();
  commands->emplace_back(command, [options, tiny] { return RunSynth(*options, *tiny); });
}

}  // namespace lookbook
