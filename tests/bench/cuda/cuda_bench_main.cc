// What scripts/gpu_check runs: models and searches on CUDA devices through the engine's own
// interfaces. Prints one JSON object a line for each measurement.
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "engine/device/cuda_plugin.h"
#include "engine/index/flat_file.h"
#include "engine/index/index_factory.h"
#include "models/export/torchscript_export.h"
#include "models/nn/embedder_net.h"
#include "tests/bench/settle.h"

namespace lookbook {
namespace {

constexpr int kClasses = 46;  // As iMaterialist 2020.
constexpr int kDim = 128;
constexpr PixelScale kScale = {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};

struct Flags {
  std::string work;
  std::vector<std::string> networks = {"mobilenet_v2", "resnet50"},
                           precisions = {"fp32", "fp16", "bf16"};
  std::vector<int> sizes = {128, 224}, batches = {1, 4, 16, 64, 128, 256};
  std::vector<int64_t> rows = {1'000'000, 10'000'000};
  std::vector<std::string> storages = {"fp32", "fp16"}, engines = {"matmul", "faiss"};
  std::string lists = "IVF1024,Flat";
  std::vector<int> efforts = {8, 64};
  int streams = 3, threads = 4, top_k = 10;
  int64_t temp_mib = 1024;
  double seconds = 0.5;
  bool graphs = true;
};

std::string ModelPath(const Flags& flags, const std::string& network, int size) {
  return JoinPath(flags.work, absl::StrCat(network, "_", size, ".ts"));
}

absl::Status WriteModels(const Flags& flags) {
  for (const std::string& network : flags.networks) {
    for (int size : flags.sizes) {
      torch::manual_seed(7);
      LB_ASSIGN_OR_RETURN(
          EmbedderNet net,
          MakeNetwork({.backbone = network, .classes = kClasses, .embedding_dim = kDim}));
      Settle(net);
      LB_RETURN_IF_ERROR(ExportTorchScript(net, size, ModelPath(flags, network, size)));
    }
  }
  return absl::OkStatus();
}

// Calls `work` from `threads` threads over and over; returns calls per second of the window after a
// warm-up of a third of it, and the median time of a call.
struct Rate {
  double calls_per_second = 0, median_seconds = 0;
};
absl::StatusOr<Rate> Measure(int threads, double seconds,
                             const std::function<absl::Status(int)>& work) {
  std::atomic<bool> measuring = false, over = false;
  std::atomic<int64_t> calls = 0;
  Mutex mutex;
  absl::Status failure;
  std::vector<double> times;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      std::vector<double> mine;
      while (!over) {
        const absl::Time begin = absl::Now();
        const absl::Status status = work(t);
        if (!status.ok()) {
          MutexLock lock(&mutex);
          failure = status;
          over = true;
        }
        if (measuring && !over) {
          ++calls;
          mine.push_back(absl::ToDoubleSeconds(absl::Now() - begin));
        }
      }
      MutexLock lock(&mutex);
      times.insert(times.end(), mine.begin(), mine.end());
    });
  }
  absl::SleepFor(absl::Seconds(seconds / 3));
  measuring = true;
  const absl::Time begin = absl::Now();
  // Long calls get a longer window: a handful of them would say nothing.
  absl::SleepFor(absl::Seconds(seconds));
  while (calls < 30 && absl::Now() - begin < absl::Seconds(10 * seconds) && !over) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  const int64_t counted = calls;
  const double window = absl::ToDoubleSeconds(absl::Now() - begin);
  over = true;
  for (std::thread& thread : running) thread.join();
  LB_RETURN_IF_ERROR(failure);
  Rate rate{static_cast<double>(counted) / window, 0};
  if (!times.empty()) {
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                     times.end());
    rate.median_seconds = times[times.size() / 2];
  }
  return rate;
}

std::vector<uint8_t> NoisePixels(int n, int size) {
  std::mt19937 random(3);
  std::vector<uint8_t> pixels(static_cast<size_t>(n) * size * size * 3);
  for (uint8_t& value : pixels) value = static_cast<uint8_t>(random() >> 24);
  return pixels;
}

// Directions of no distribution that matters, fast: 10M rows on one thread take seconds.
std::vector<float> UnitRows(int64_t rows, uint64_t seed) {
  std::vector<float> values(static_cast<size_t>(rows) * kDim);
  const int threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      std::mt19937_64 random(seed * 1000 + t);
      for (int64_t row = rows * t / threads; row < rows * (t + 1) / threads; ++row) {
        float* out = values.data() + row * kDim;
        double sum = 0;
        for (int i = 0; i < kDim; ++i) {
          // The sum of four bytes is near enough to normal.
          const uint64_t bits = random();
          const int total = static_cast<int>((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) +
                                             (bits >> 24 & 255));
          out[i] = static_cast<float>(total - 510) + static_cast<float>(bits >> 40) * 0x1p-24f;
          sum += double{out[i]} * out[i];
        }
        for (int i = 0; i < kDim; ++i) out[i] = static_cast<float>(out[i] / std::sqrt(sum));
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  return values;
}

absl::StatusOr<std::unique_ptr<DeviceBackend>> Backend(const Flags& flags,
                                                       const std::string& precision,
                                                       bool half_index = false,
                                                       const std::string& engine = "matmul") {
  CudaOptions options;
  LB_ASSIGN_OR_RETURN(options.precision, ParsePrecision(precision));
  options.streams = flags.streams;
  options.graphs = flags.graphs;
  options.half_index = half_index;
  if (engine == "faiss") options.index_engine = CudaOptions::IndexEngine::kFaiss;
  options.index_temp_bytes = flags.temp_mib << 20;
  return OpenCudaBackend(options);
}

absl::StatusOr<std::unique_ptr<Embedder>> OpenModel(const Flags& flags,
                                                    const DeviceBackend& backend,
                                                    const std::string& network, int size) {
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(ModelPath(flags, network, size)));
  return backend.OpenEmbedder(bytes,
                              {.shape = {.image_size = size, .dim = kDim, .classes = kClasses},
                               .pixels = kScale,
                               .buckets = flags.batches});
}

absl::Status BenchEmbed(const Flags& flags) {
  for (const std::string& precision : flags.precisions) {
    LB_ASSIGN_OR_RETURN(const auto backend, Backend(flags, precision));
    for (const std::string& network : flags.networks) {
      for (int size : flags.sizes) {
        const absl::Time begin = absl::Now();
        LB_ASSIGN_OR_RETURN(const auto embedder, OpenModel(flags, *backend, network, size));
        const double open = absl::ToDoubleSeconds(absl::Now() - begin);
        for (int batch : flags.batches) {
          const std::vector<uint8_t> pixels = NoisePixels(batch, size);
          const auto work = [&](int) { return embedder->EmbedPixels(pixels).status(); };
          LB_ASSIGN_OR_RETURN(const Rate many, Measure(flags.threads, flags.seconds, work));
          LB_ASSIGN_OR_RETURN(const Rate one, Measure(1, flags.seconds / 2, work));
          std::cout << nlohmann::json{{"what", "embed"},
                                      {"network", network},
                                      {"size", size},
                                      {"precision", precision},
                                      {"batch", batch},
                                      {"images_per_s", many.calls_per_second * batch},
                                      {"one_caller_images_per_s", one.calls_per_second * batch},
                                      {"one_caller_ms", 1e3 * one.median_seconds},
                                      {"open_s", open}}
                           .dump()
                    << std::endl;
        }
      }
    }
    const BackendStats stats = backend->Stats();
    std::cout << nlohmann::json{{"what", "stats"},
                                {"device", backend->Describe()},
                                {"precision", precision},
                                {"captures_failed",
                                 stats.fallbacks[static_cast<int>(Fallback::kCapture)]},
                                {"utilization", stats.devices.at(0).utilization},
                                {"memory_used", stats.devices.at(0).memory_used_bytes}}
                     .dump()
              << std::endl;
  }
  return absl::OkStatus();
}

absl::Status BenchSearch(const Flags& flags) {
  for (int64_t rows : flags.rows) {
    const std::string path = JoinPath(flags.work, absl::StrCat("rows_", rows, ".faiss"));
    if (!PathExists(path)) LB_RETURN_IF_ERROR(WriteFlatFile(path, kDim, UnitRows(rows, 1)));
    const std::vector<float> queries = UnitRows(flags.batches.back(), 2);
    for (const std::string& engine : flags.engines) {
      for (const std::string& storage : flags.storages) {
        LB_ASSIGN_OR_RETURN(const auto backend, Backend(flags, "fp16", storage == "fp16", engine));
        LB_ASSIGN_OR_RETURN(const auto index, backend->OpenIndex({}, path, kDim, rows, 0));
        for (int batch : flags.batches) {
          const std::vector<QueryOptions> options(static_cast<size_t>(batch),
                                                  {.top_k = flags.top_k});
          const auto some = absl::MakeConstSpan(queries).first(static_cast<size_t>(batch) * kDim);
          const auto work = [&](int) { return index->Search(some, options).status(); };
          LB_ASSIGN_OR_RETURN(const Rate one, Measure(1, flags.seconds, work));
          LB_ASSIGN_OR_RETURN(const Rate two, Measure(2, flags.seconds, work));
          const double bytes = static_cast<double>(rows) * kDim * (storage == "fp16" ? 2 : 4);
          std::cout
              << nlohmann::json{{"what", "search"},
                                {"engine", engine},
                                {"rows", rows},
                                {"storage", storage},
                                {"batch", batch},
                                {"ms", 1e3 * one.median_seconds},
                                {"queries_per_s",
                                 std::max(one.calls_per_second, two.calls_per_second) * batch},
                                {"scanned_bytes_per_s", bytes * one.calls_per_second},
                                {"ties",
                                 backend->Stats().fallbacks[static_cast<int>(Fallback::kTies)]}}
                     .dump()
              << std::endl;
        }
      }
    }
  }
  return absl::OkStatus();
}

// An IVF on the device and on the CPU's cores, looking into equally many lists.
absl::Status BenchLists(const Flags& flags) {
  LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(flags.lists));
  const int64_t rows = flags.rows.at(0);
  const std::string path = JoinPath(flags.work, absl::StrCat("lists_", rows, ".faiss"));
  const absl::Time begin = absl::Now();
  if (!PathExists(path)) {
    LB_ASSIGN_OR_RETURN(const auto built, BuildIndex(spec, kDim, UnitRows(rows, 1)));
    LB_RETURN_IF_ERROR(built->Save(path));
  }
  const double build = absl::ToDoubleSeconds(absl::Now() - begin);
  LB_ASSIGN_OR_RETURN(const auto backend, Backend(flags, "fp16"));
  LB_ASSIGN_OR_RETURN(const auto host, OpenIndex(spec, path, kDim, rows));
  LB_ASSIGN_OR_RETURN(const auto device, backend->OpenIndex(spec, path, kDim, rows, 1));
  const std::vector<float> queries = UnitRows(flags.batches.back(), 2);
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  for (int effort : flags.efforts) {
    for (int batch : flags.batches) {
      const std::vector<QueryOptions> options(static_cast<size_t>(batch),
                                              {.top_k = flags.top_k, .effort = effort});
      const auto some = absl::MakeConstSpan(queries).first(static_cast<size_t>(batch) * kDim);
      const auto on = [&](const VectorIndex& index) {
        return [&](int) { return index.Search(some, options).status(); };
      };
      LB_ASSIGN_OR_RETURN(const Rate one, Measure(1, flags.seconds, on(*device)));
      LB_ASSIGN_OR_RETURN(const Rate two, Measure(2, flags.seconds, on(*device)));
      LB_ASSIGN_OR_RETURN(const Rate cpu, Measure(cores, flags.seconds, on(*host)));
      std::cout << nlohmann::json{{"what", "lists"},
                                  {"spec", spec.text},
                                  {"rows", rows},
                                  {"nprobe", effort},
                                  {"batch", batch},
                                  {"ms", 1e3 * one.median_seconds},
                                  {"queries_per_s",
                                   std::max(one.calls_per_second, two.calls_per_second) * batch},
                                  {"cpu_cores", cores},
                                  {"cpu_queries_per_s", cpu.calls_per_second * batch},
                                  {"build_s", build}}
                       .dump()
                << std::endl;
    }
  }
  return absl::OkStatus();
}

absl::Status BenchBoth(const Flags& flags) {
  const int64_t rows = flags.rows.at(0);
  const std::string path = JoinPath(flags.work, absl::StrCat("rows_", rows, ".faiss"));
  if (!PathExists(path)) LB_RETURN_IF_ERROR(WriteFlatFile(path, kDim, UnitRows(rows, 1)));
  for (const std::string& precision : flags.precisions) {
    LB_ASSIGN_OR_RETURN(const auto backend, Backend(flags, precision));
    LB_ASSIGN_OR_RETURN(const auto index, backend->OpenIndex({}, path, kDim, rows, 0));
    for (const std::string& network : flags.networks) {
      const int size = flags.sizes.at(0);
      LB_ASSIGN_OR_RETURN(const auto embedder, OpenModel(flags, *backend, network, size));
      for (int batch : flags.batches) {
        const std::vector<uint8_t> pixels = NoisePixels(batch, size);
        const std::vector<QueryOptions> options(static_cast<size_t>(batch), {.top_k = flags.top_k});
        LB_ASSIGN_OR_RETURN(
            const Rate rate, Measure(flags.threads, flags.seconds, [&](int) -> absl::Status {
              LB_ASSIGN_OR_RETURN(const Embeddings found, embedder->EmbedPixels(pixels));
              return index->Search(found.vectors, options).status();
            }));
        std::cout << nlohmann::json{{"what", "both"},
                                    {"network", network},
                                    {"size", size},
                                    {"rows", rows},
                                    {"precision", precision},
                                    {"batch", batch},
                                    {"images_per_s", rate.calls_per_second * batch},
                                    {"ms", 1e3 * rate.median_seconds},
                                    {"ties",
                                     backend->Stats().fallbacks[static_cast<int>(Fallback::kTies)]}}
                         .dump()
                  << std::endl;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  lookbook::Flags flags;
  CLI::App app("Models and searches on CUDA devices; one JSON object a line");
  app.require_subcommand(1);
  auto* models = app.add_subcommand("models", "Write the networks as TorchScript");
  auto* embed = app.add_subcommand("embed", "Images per second");
  auto* search = app.add_subcommand("search", "Exact search");
  auto* both = app.add_subcommand("both", "Embedding, then exact search");
  auto* lists = app.add_subcommand("lists", "Search in some lists of an IVF");
  for (CLI::App* command : {models, embed, search, both, lists}) {
    command->add_option("--work", flags.work, "Folder of models and vectors")->required();
    command->add_option("--networks", flags.networks);
    command->add_option("--sizes", flags.sizes);
    command->add_option("--precisions", flags.precisions);
    command->add_option("--batches", flags.batches);
    command->add_option("--rows", flags.rows);
    command->add_option("--storages", flags.storages, "fp32, fp16: of the vectors on the device");
    command->add_option("--engines", flags.engines, "matmul, faiss: what scans");
    command->add_option("--lists", flags.lists, "The IVF of `lists`");
    command->add_option("--efforts", flags.efforts, "How many of its lists a query looks into");
    command->add_option("--streams", flags.streams);
    command->add_option("--threads", flags.threads);
    command->add_option("--temp-mib", flags.temp_mib, "FAISS's scratch memory");
    command->add_option("--seconds", flags.seconds, "Length of each measurement");
    command->add_flag("--graphs,!--no-graphs", flags.graphs);
  }
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = *models   ? lookbook::WriteModels(flags)
                              : *embed  ? lookbook::BenchEmbed(flags)
                              : *search ? lookbook::BenchSearch(flags)
                              : *lists  ? lookbook::BenchLists(flags)
                                        : lookbook::BenchBoth(flags);
  if (status.ok()) return 0;
  std::cerr << "cuda_bench: " << status.message() << "\n";
  return 1;
}
