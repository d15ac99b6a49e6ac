// train, export, index, calibrate, publish and run: the steps of Pipeline, alone and together.
#include "base/status_macros.h"
#include "models/commands/command_line.h"

namespace lookbook {
namespace {

using StepMethod = absl::Status (Pipeline::*)();

// What one step's subcommand looks like.
struct StepCommand {
  const char* name;
  const char* description;
  const char* footer;
  StepMethod step;
  bool trains;
  bool publishes;
};

constexpr StepCommand kCommands[] = {
    {"train", "Trains a recipe's network",
     R"(Writes OUT/train/weights.pt, and on the way checkpoint.pt, best.pt and history.json.
Examples:
  lookbook-train train --recipe models/recipes/quick.toml
  lookbook-train train --recipe models/recipes/quick.toml --resume      after Ctrl-C, or a power cut
  lookbook-train train --recipe models/recipes/quick.toml --device cuda --precision bf16)",
     &Pipeline::Train, true, false},
    {"export", "Writes the trained network as TorchScript",
     R"(Writes OUT/export/model.ts and checks that it gives the very numbers of the trained network.
Example:
  lookbook-train export --out out/quick)",
     &Pipeline::Export, false, false},
    {"index", "Embeds the training images and builds the index",
     R"(Writes OUT/index/: index.faiss, items.sqlite with thumbnails, golden/.
Example:
  lookbook-train index --out out/quick)",
     &Pipeline::Index, false, false},
    {"calibrate", "Measures what similarities and scores mean",
     R"(On the recipe's validation part, or a sample of the training part, against the index: writes OUT/calibration.json.
Example:
  lookbook-train calibrate --out out/quick)",
     &Pipeline::Calibrate, false, false},
    {"publish", "Makes a bundle of the steps' outputs and switches to it",
     R"(The bundle is loaded and self-tested as a server would before CURRENT names it. A collapsed network stays without that.
Examples:
  lookbook-train publish --out out/quick --bundles /srv/bundles/quick
  lookbook-train publish --out out/quick --bundles /srv/bundles/quick --no-activate)",
     &Pipeline::Publish, false, true},
    {"run", "Does everything: train, export, index, calibrate, evaluate, publish, report",
     R"(Steps whose inputs have not changed are skipped, an interrupted training goes on where it was.
Examples:
  lookbook-train run --recipe models/recipes/quick.toml
  lookbook-train run --recipe models/recipes/quick.toml --data ~/outfits --out /tmp/quick --bundles /srv/bundles/quick
  lookbook-train run --recipe models/recipes/quick.toml --init bundle:out/garments_small_cnn/bundles
  lookbook-train run --recipe models/recipes/quick.toml --fresh)",
     &Pipeline::Run, true, true},
};

absl::Status RunStep(const PipelineOptions& options, StepMethod step) {
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<Pipeline> pipeline, Pipeline::Open(options));
  const absl::Status status = (pipeline.get()->*step)();
  pipeline->problems().PrintSummary();
  return status;
}

}  // namespace

void AddPipelineFlags(CLI::App& command, PipelineOptions* options) {
  command.add_option("--recipe", options->recipe,
                     "Recipe file; default: the one an earlier train left in OUT");
  command.add_option("--data", options->data,
                     "Data set's folder, in place of the recipe's data.root");
  command.add_option("--out", options->work, "Work folder; default: out/<the recipe's name>");
}

void AddComputeFlags(CLI::App& command, std::string* device, std::string* precision) {
  command
      .add_option("--device", *device,
                  "Where the training computes: cpu, or cuda (the first GPU that is visible); "
                  "default: the recipe's")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command
      .add_option("--precision", *precision,
                  "fp32, tf32 (on a GPU) or bf16 (mixed); default: the recipe's")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}));
}

void AddPipelineCommands(CLI::App& app, CommandList* commands) {
  for (const StepCommand& entry : kCommands) {
    const auto options = std::make_shared<PipelineOptions>();
    CLI::App* command = app.add_subcommand(entry.name, entry.description);
    command->footer(entry.footer);
    AddPipelineFlags(*command, options.get());
    if (entry.trains) {
      command->add_flag("--strict", options->strict,
                        "Any problem with the data is an error (exit code 2)");
      command->add_option("--init", options->init,
                          "First weights, in place of the recipe's network.init: bundle:DIR, a "
                          "weights file, or he (random)");
      AddComputeFlags(*command, &options->device, &options->precision);
      command->add_flag("--resume", options->resume,
                        "Fail unless there is an interrupted training to go on from");
    }
    command->add_flag("--fresh", options->fresh, "Do it again, whatever earlier runs left");
    if (entry.publishes) {
      command->add_option("--bundles", options->bundles,
                          "Bundle root to publish into; default: OUT/bundles");
      command->add_flag("!--no-activate", options->activate,
                        "Publish without switching CURRENT to the new bundle");
    }
    commands->emplace_back(command,
                           [options, step = entry.step] { return RunStep(*options, step); });
  }
}

}  // namespace lookbook
