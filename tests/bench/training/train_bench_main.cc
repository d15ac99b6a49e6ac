// How many images a second the trainer trains: Train() itself, one epoch of noise, or of a folder's
// pictures with the time that decoding takes. train_throughput.py beside this file does the same in
// Python; scripts/bench_training lets them take turns.
//
//   train_bench --network resnet50 --batch 256 --device cuda --precision bf16 --steps 160
//
// Prints one line of JSON. The set has as many pictures as the steps need, so that nothing but
// steps lies between the first that is counted and the last.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/embed/torch_cuda.h"
#include "models/commands/cores.h"
#include "models/train/trainer.h"
#include "tests/bench/training/bench_set.h"

namespace lookbook {
namespace {

constexpr int kClasses = 46;

struct Options {
  std::string network = "mobilenet_v2";
  int batch = 64;
  int image_size = 128;
  std::string device = "cpu";
  std::string precision = "fp32";
  std::string backend = "batch";
  std::string loss = "bce";
  std::string optimizer = "adamw";
  double ema = 0;
  int64_t steps = 32;
  int64_t warmup = 16;  // Not counted; on a GPU both are multiples of what Train() reads at once.
  int threads = 0;
  int workers = 2;
  std::string pictures;  // Folder of *.jpg; "" = noise.
};

Recipe MakeRecipe(const Options& options) {
  Recipe recipe;
  recipe.name = recipe.text = "train_bench";
  recipe.threads = options.threads;
  recipe.device = options.device;
  recipe.precision = options.precision;
  recipe.data.image_size = options.image_size;
  recipe.data.workers = options.workers;
  recipe.data.augment = {0.5, 0.7, 1.0, 0.2, 0.25, 0};
  recipe.data.augment.backend = options.backend;
  recipe.network.backbone = options.network;
  StageRecipe stage;
  stage.name = "bench";
  stage.steps = options.warmup + options.steps;
  stage.batch_size = options.batch;
  stage.optimizer.name = options.optimizer;
  stage.optimizer.lr = 1e-3;
  stage.ema = options.ema;
  stage.keep = "last";
  stage.guard.action = "off";
  if (options.loss == "supcon") {
    stage.losses.emplace_back().name = "supcon";
    recipe.network.embedding_dim = 128;
  }
  recipe.stages = {stage};
  return recipe;
}

// What is trained on, and how long decoding it took.
absl::StatusOr<BenchSet> ReadSet(const Options& options, const PreprocessSpec& spec) {
  const int64_t count = (options.warmup + options.steps) * options.batch;
  if (!options.pictures.empty()) {
    return PictureSet(options.pictures, count, spec, kClasses,
                      options.threads > 0 ? options.threads : Cores());
  }
  return NoiseSet(count, options.image_size, kClasses);
}

absl::Status Measure(const Options& options) {
  if (options.device == "cuda") LB_RETURN_IF_ERROR(LoadTorchCuda());
  const int64_t all = options.warmup + options.steps;
  const PreprocessSpec spec = {.size = options.image_size};
  LB_ASSIGN_OR_RETURN(const BenchSet set, ReadSet(options, spec));
  const std::string folder =
      absl::StrCat(std::filesystem::temp_directory_path().string(), "/train_bench.", getpid());
  std::string pictures;
  absl::Time first, last;
  double loss = 0;
  TrainOptions train;
  train.directory = folder;
  train.checkpoint_interval = absl::Hours(1);
  train.on_note = [&](absl::string_view note) { pictures = std::string(note); };
  train.on_step = [&](const StepReport& report) {
    if (report.step == options.warmup) first = absl::Now();
    if (report.step != all) return;
    last = absl::Now();
    loss = report.loss;
  };
  const absl::StatusOr<TrainResult> result =
      Train(MakeRecipe(options), {set.data, set.split, *set.cache, spec}, train);
  LB_RETURN_IF_ERROR(RemoveAll(folder));
  LB_RETURN_IF_ERROR(result.status());
  const double seconds = absl::ToDoubleSeconds(last - first);
  // The share of the decoding that belongs to the pictures of the counted steps.
  const double decode = absl::ToDoubleSeconds(set.decode) * static_cast<double>(options.steps) /
                        static_cast<double>(all);
  const auto images = static_cast<double>(options.steps * options.batch);
  const nlohmann::json json = {{"program", "train_bench"},
                               {"network", options.network},
                               {"batch", options.batch},
                               {"image_size", options.image_size},
                               {"device", options.device},
                               {"precision", options.precision},
                               {"augment", options.backend},
                               {"loss", options.loss},
                               {"optimizer", options.optimizer},
                               {"ema", options.ema},
                               {"steps", options.steps},
                               {"threads", options.threads},
                               {"seconds", seconds},
                               {"decode_seconds", decode},
                               {"images_per_second", images / seconds},
                               {"images_per_second_with_decode", images / (seconds + decode)},
                               {"last_loss", loss},
                               {"pictures", pictures}};
  std::printf("%s\n", json.dump().c_str());
  return absl::OkStatus();
}

void AddOptions(CLI::App& app, Options* options) {
  app.add_option("--network", options->network, "small_cnn, mobilenet_v2, resnet18 or resnet50")
      ->capture_default_str();
  app.add_option("--batch", options->batch)->capture_default_str();
  app.add_option("--image-size", options->image_size)->capture_default_str();
  app.add_option("--device", options->device, "cpu or cuda")->capture_default_str();
  app.add_option("--precision", options->precision, "fp32, tf32 or bf16")->capture_default_str();
  app.add_option("--augment", options->backend, "image or batch")->capture_default_str();
  app.add_option("--loss", options->loss, "bce, or supcon beside it")
      ->check(CLI::IsMember({"bce", "supcon"}))
      ->capture_default_str();
  app.add_option("--optimizer", options->optimizer, "adamw, adam or sgd")->capture_default_str();
  app.add_option("--ema", options->ema)->capture_default_str();
  app.add_option("--steps", options->steps, "Counted")->capture_default_str();
  app.add_option("--warmup", options->warmup, "Before them")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--threads", options->threads, "Numeric threads; 0 = all cores")
      ->capture_default_str();
  app.add_option("--workers", options->workers, "Loader threads")->capture_default_str();
  app.add_option("--pictures", options->pictures,
                 "Folder of *.jpg to decode and train on, in place of noise");
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  CLI::App app("Images a second of the trainer, as JSON", "train_bench");
  lookbook::Options options;
  lookbook::AddOptions(app, &options);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = lookbook::Measure(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "train_bench: %s\n", status.ToString().c_str());
  return 1;
}
