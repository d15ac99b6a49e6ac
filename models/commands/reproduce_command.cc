#include "models/commands/command_line.h"
#include "models/commands/reproduce.h"

namespace lookbook {
namespace {

constexpr char kFooter[] =
    R"(Runs each recipe as `lookbook-train run` would, measures every bundle on the same queries, and writes OUT/study.md
(tables T1 to T3, and paired tests), study.csv and study.json. Finished runs are kept, an interrupted one goes on; a
recipe that fails is a row that says why, and makes the exit code 1. A random network (the recipe random_probe) is
always a row; recipes that come to the same with what is replaced are trained once.
Queries: the labelled set holdout.csv of DATA; where there is none, the test part of a stratified split.
Example, all of the study on a small network within an hour:
  lookbook-train synth --out data/outfits
  lookbook-train synth --out data/garments --style single --size 32 --train 20000 --holdout 2000
  lookbook-train run --recipe models/recipes/garments_small_cnn.toml
  lookbook-train reproduce --recipes models/recipes/bce.toml models/recipes/supcon.toml models/recipes/study
      --data data/outfits --network small --image-size 64 --pretrained bundle:out/garments_small_cnn/bundles
      --max-images 100000)";

void AddOverrides(CLI::App& command, RecipeOverrides* overrides) {
  command
      .add_option(
          "--network", overrides->backbone,
          "Every recipe on this one: small_cnn (or small), mobilenet_v2, resnet18, resnet50")
      ->transform([](const std::string& name) { return name == "small" ? "small_cnn" : name; });
  command.add_option("--pretrained", overrides->pretrained,
                     "What recipes start from that do not begin at random: bundle:DIR or a file");
  command.add_option("--image-size", overrides->image_size, "Side of the input, in pixels")
      ->check(CLI::Range(16, 512));
  CLI::Option* epochs = command.add_option("--epochs", overrides->epochs, "Of every stage")
                            ->check(CLI::PositiveNumber);
  command
      .add_option("--max-images", overrides->max_images,
                  "Cut every recipe to so many training images looked at")
      ->check(CLI::PositiveNumber)
      ->excludes(epochs);
  AddComputeFlags(command, &overrides->device, &overrides->precision);
}

}  // namespace

void AddReproduceCommand(CLI::App& app, CommandList* commands) {
  const auto options = std::make_shared<ReproduceOptions>();
  CLI::App* command = app.add_subcommand(
      "reproduce", "Runs many recipes on one data set and tabulates the results");
  command->footer(kFooter);
  command->add_option("--recipes", options->recipes, "Recipe files, and folders of them")
      ->required();
  command->add_option("--data", options->data, "Folder of the labelled set")->required();
  command->add_option("--out", options->out, "Receives runs and tables")->capture_default_str();
  AddOverrides(*command, &options->overrides);
  command->add_option("--pair", options->pairs, "Also compare these two, A:B; may be repeated");
  command->add_option("--resamples", options->bootstrap.resamples, "Of the bootstrap")
      ->check(CLI::Range(kLeastResamples, 1000000))
      ->capture_default_str();
  commands->emplace_back(command, [options] { return Reproduce(*options); });
}

}  // namespace lookbook
