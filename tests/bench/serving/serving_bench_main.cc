// What scripts/bench runs: makes a bundle, or drives the pipeline in process or a server over gRPC
// in a closed loop, and prints one JSON object.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "client/load/cpu_meter.h"
#include "client/search_caller.h"
#include "engine/bundle/bundle.h"
#include "engine/device/cuda_plugin.h"
#include "engine/embed/torchscript_embedder.h"
#include "server/config/cores.h"
#include "server/config/server_config.h"
#include "server/pipeline/pipeline.h"
#include "server/process_setup.h"
#include "tests/bench/serving/bench_bundle.h"
#include "tests/bench/serving/bursts.h"
#include "tests/bench/serving/closed_loop.h"
#include "tests/bench/serving/open_loop.h"

namespace lookbook {
namespace {

struct Flags {
  std::string root, images, server, backbone = "mobilenet_v2";
  int64_t items = 10'000;
  int image_size = 128, dim = 0, concurrency = 8;
  double warm_up = 2, seconds = 6;
  double rate = 0;  // Queries a second in an open loop; 0 = a closed one.
  std::string device = "cpu", precision = "fp16";
  int size = 1, count = 20;                                       // Of bursts.
  int max_batch = 0, workers = 0, decode_threads = 0, queue = 0;  // 0 = the server's default.
  double max_delay_ms = 0;
};

using Start = std::function<void(int64_t, std::function<void(bool)>)>;

LoopResult RunLoop(const Flags& flags, const Start& start,
                   const std::function<void(bool)>& at_window) {
  const absl::Duration warm_up = absl::Seconds(flags.warm_up),
                       window = absl::Seconds(flags.seconds);
  if (flags.rate > 0) return RunOpenLoop(flags.rate, warm_up, window, start, at_window);
  return RunClosedLoop(flags.concurrency, warm_up, window, start, at_window);
}

// Null for the CPU.
absl::StatusOr<std::unique_ptr<DeviceBackend>> OpenDevice(const Flags& flags) {
  if (flags.device == "cpu") return nullptr;
  CudaOptions options;
  LB_ASSIGN_OR_RETURN(options.precision, ParsePrecision(flags.precision));
  return OpenCudaBackend(options);
}

absl::StatusOr<std::vector<std::string>> ImagePaths(const std::string& folder) {
  LB_ASSIGN_OR_RETURN(const auto names, ListDirectory(folder));
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ".jpg")) paths.push_back(JoinPath(folder, name));
  }
  if (paths.empty()) return absl::NotFoundError("no .jpg in " + folder);
  return paths;
}

absl::StatusOr<std::vector<std::string>> ReadImages(const std::string& folder) {
  LB_ASSIGN_OR_RETURN(const auto paths, ImagePaths(folder));
  std::vector<std::string> images;
  for (const std::string& path : paths) {
    LB_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
    images.push_back(std::move(bytes));
  }
  return images;
}

// Sums of the stages over the answers.
class StageSums {
 public:
  void Add(const StageTimes& seconds) {
    MutexLock lock(&mutex_);
    ++count_;
    for (size_t i = 0; i < seconds.size(); ++i) sums_[i] += seconds[i];
  }
  nlohmann::json MeanMilliseconds() {
    MutexLock lock(&mutex_);
    nlohmann::json json;
    for (size_t i = 0; i < sums_.size(); ++i) {
      json[kStageNames[i]] = count_ ? 1e3 * sums_[i] / count_ : 0;
    }
    return json;
  }

 private:
  Mutex mutex_;
  int64_t count_ = 0;
  StageTimes sums_ = {};
};

double Quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<int64_t>(q * (values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void Print(LoopResult result, double cpu, StageSums& stages) {
  const nlohmann::json json = {{"answers", result.answers},
                               {"failures", result.failures},
                               {"wall_s", result.wall_seconds},
                               {"cpu_s", cpu},
                               {"p50_ms", 1e3 * Quantile(result.latencies, 0.5)},
                               {"p99_ms", 1e3 * Quantile(result.latencies, 0.99)},
                               {"stages_ms", stages.MeanMilliseconds()}};
  std::cout << json.dump() << std::endl;
}

// scripts/bench reads the CPU time of the machine and of the server around these lines.
void ReportWindow(bool open, double* cpu) {
  *cpu = OwnCpuSeconds() - (open ? 0 : *cpu);
  std::cout << (open ? "window open" : "window closed") << std::endl;
}

// With the server's own default options and process settings (server_main.cc).
absl::Status RunInProcess(const Flags& flags) {
  TuneAllocator();
  SetNumericThreads(1);
  LB_ASSIGN_OR_RETURN(const auto images, ReadImages(flags.images));
  ServerConfig config = DefaultServerConfig(UsableCores());
  if (flags.max_batch > 0) config.batch.max_size = flags.max_batch;
  if (flags.workers > 0) config.embed.workers = flags.workers;
  if (flags.decode_threads > 0) config.decode.threads = flags.decode_threads;
  if (flags.queue > 0) config.batch.queue_capacity = config.decode.queue = flags.queue;
  config.batch.max_delay = absl::Milliseconds(flags.max_delay_ms);
  LB_ASSIGN_OR_RETURN(const auto device, OpenDevice(flags));
  ServerMetrics metrics({"bench"});
  PipelineOptions options;
  options.decode_threads = config.decode.threads;
  options.decode_queue = config.decode.queue;
  options.embed_workers = config.embed.workers;
  options.max_batch = config.batch.max_size;
  options.max_batch_delay = config.batch.max_delay;
  options.queue_capacity = config.batch.queue_capacity;
  LB_ASSIGN_OR_RETURN(auto pipeline, Pipeline::Create("bench", options, &metrics, Clock::Steady()));
  LB_ASSIGN_OR_RETURN(auto bundle, OpenCurrentBundle(flags.root, {.max_batch = options.max_batch,
                                                                  .device = device.get()}));
  pipeline->SetBundle(bundle);
  StageSums stages;
  double cpu = 0;
  const auto start = [&](int64_t number, std::function<void(bool)> done) {
    Query query;
    query.image = images[number % images.size()];
    pipeline->Submit(std::move(query), [&stages, done](absl::StatusOr<QueryResult> result) {
      if (result.ok()) {
        const StageSeconds& s = result->seconds;
        stages.Add({s.decode, s.preprocess, s.queue, s.embed, s.search, s.total});
      }
      done(result.ok());
    });
  };
  LoopResult result = RunLoop(flags, start, [&](bool open) { ReportWindow(open, &cpu); });
  pipeline->Shutdown();
  Print(std::move(result), cpu, stages);
  return absl::OkStatus();
}

// The CPU time that it prints is its own; scripts/bench adds the server's.
absl::Status RunAgainstServer(const Flags& flags) {
  LB_ASSIGN_OR_RETURN(const auto images, ReadImages(flags.images));
  std::vector<v1::SearchRequest> requests;
  for (const std::string& image : images) {
    v1::SearchRequest request;
    request.set_image(image);
    request.set_with_timings(true);
    requests.push_back(std::move(request));
  }
  LB_ASSIGN_OR_RETURN(
      auto caller,
      SearchCaller::Create({.target = flags.server, .deadline = absl::Minutes(1), .channels = 1},
                           requests));
  StageSums stages;
  double cpu = 0;
  const auto start = [&](int64_t number, std::function<void(bool)> done) {
    caller->Start(number, [done = std::move(done), &stages](const CallOutcome& outcome) {
      if (outcome.stages) stages.Add(*outcome.stages);
      done(outcome.code == absl::StatusCode::kOk);
    });
  };
  LoopResult result = RunLoop(flags, start, [&](bool open) { ReportWindow(open, &cpu); });
  caller.reset();  // Waits for the calls that are still under way.
  Print(std::move(result), cpu, stages);
  return absl::OkStatus();
}

absl::Status RunBursts(const Flags& flags) {
  LB_ASSIGN_OR_RETURN(const auto images, ReadImages(flags.images));
  LB_ASSIGN_OR_RETURN(const auto milliseconds,
                      TimeBursts(flags.server, images, flags.size, flags.count));
  std::cout << nlohmann::json{{"burst_ms", milliseconds}}.dump() << std::endl;
  return absl::OkStatus();
}

absl::Status MakeBundle(const Flags& flags) {
  LB_ASSIGN_OR_RETURN(const auto paths, ImagePaths(flags.images));
  return MakeBenchBundle({.root = flags.root,
                          .backbone = flags.backbone,
                          .image_size = flags.image_size,
                          .embedding_dim = flags.dim,
                          .items = flags.items,
                          .images = paths});
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  using lookbook::Flags;
  lookbook::ApplyOpenMpSettings(argv);
  CLI::App app("Parts of scripts/bench");
  app.require_subcommand(1);
  Flags flags;
  auto* make =
      app.add_subcommand("make-bundle", "Publish a bundle with random weights and vectors");
  auto* inproc = app.add_subcommand("inproc", "Drive the pipeline in this process");
  auto* server = app.add_subcommand("grpc", "Drive a server");
  auto* bursts = app.add_subcommand("bursts", "Time a server's first bursts of queries");
  for (CLI::App* command : {make, inproc, server, bursts}) {
    command->add_option("--images", flags.images, "Folder of JPEGs")->required();
  }
  for (CLI::App* command : {make, inproc})
    command->add_option("--root", flags.root, "Bundle root")->required();
  for (CLI::App* command : {inproc, server}) {
    command->add_option("--concurrency", flags.concurrency, "Queries in flight");
    command->add_option("--rate", flags.rate, "Queries a second in an open loop; 0 = a closed one");
    command->add_option("--warm-up", flags.warm_up, "Seconds before the window");
    command->add_option("--seconds", flags.seconds, "Length of the window");
  }
  inproc->add_option("--device", flags.device, "cpu or cuda");
  inproc->add_option("--precision", flags.precision, "fp32, fp16 or bf16, on cuda");
  inproc->add_option("--max-batch", flags.max_batch);
  inproc->add_option("--max-delay-ms", flags.max_delay_ms);
  inproc->add_option("--workers", flags.workers, "Threads that run the model");
  inproc->add_option("--decode-threads", flags.decode_threads);
  inproc->add_option("--queue", flags.queue);
  make->add_option("--backbone", flags.backbone);
  make->add_option("--image-size", flags.image_size);
  make->add_option("--items", flags.items);
  make->add_option("--dim", flags.dim, "Of the embedding; 0 = the pooled feature, as it is");
  for (CLI::App* command : {server, bursts})
    command->add_option("--server", flags.server, "HOST:PORT")->required();
  bursts->add_option("--size", flags.size, "Queries at once")->check(CLI::PositiveNumber);
  bursts->add_option("--count", flags.count, "Bursts")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = *make     ? lookbook::MakeBundle(flags)
                              : *inproc ? lookbook::RunInProcess(flags)
                              : *bursts ? lookbook::RunBursts(flags)
                                        : lookbook::RunAgainstServer(flags);
  if (!status.ok()) {
    std::cerr << "serving_bench: " << status.message() << "\n";
    return 1;
  }
  return 0;
}
