// The two back ends of augmentation: images a second of batches of 64 at 128 × 128, one thread on
// the CPU, and on a GPU where there is one. "Hue": turned hues and one picture in five grey beside
// the rest.
//
//   augment_bench --benchmark_format=json
#include <benchmark/benchmark.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#include <limits>
#include <memory>
#include <numeric>

#include "engine/embed/torch_cuda.h"
#include "models/dataset/view_maker.h"
#include "tests/bench/training/bench_set.h"

namespace lookbook {
namespace {

constexpr int kSide = 128, kBatch = 64, kImages = 512;

const BenchSet& Set() {
  static const auto* set = new BenchSet(NoiseSet(kImages, kSide, 46));
  return *set;
}

AugmentRecipe Changes() { return {0.5, 0.7, 1.0, 0.2, 0.25, 0}; }

AugmentRecipe ChangesAndHue() { return {0.5, 0.7, 1.0, 0.2, 0.25, 0, 0.1, 0.2}; }

void Run(benchmark::State& state, const ViewMaker& views, bool cuda) {
  std::vector<int64_t> rows(kBatch);
  std::vector<uint64_t> seeds(kBatch);
  uint64_t seed = 0;
  for (auto _ : state) {
    for (int i = 0; i < kBatch; ++i) {
      seeds[i] = ++seed;
      rows[i] = static_cast<int64_t>(seed % kImages);
    }
    auto images = views.Make(rows, seeds);
    if (!images.ok()) {
      state.SkipWithError(images.status().ToString().c_str());
      break;
    }
    if (cuda) torch::cuda::synchronize();
    benchmark::DoNotOptimize(images->data_ptr());
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}

void ImageBackEndOf(benchmark::State& state, const AugmentRecipe& changes) {
  Run(state, *MakeImageViews(*Set().cache, {.size = kSide}, changes), false);
}

void ImageBackEnd(benchmark::State& state) { ImageBackEndOf(state, Changes()); }
BENCHMARK(ImageBackEnd)->UseRealTime()->Unit(benchmark::kMillisecond);

void ImageBackEndHue(benchmark::State& state) { ImageBackEndOf(state, ChangesAndHue()); }
BENCHMARK(ImageBackEndHue)->UseRealTime()->Unit(benchmark::kMillisecond);

void BatchBackEndOn(benchmark::State& state, torch::Device device, const AugmentRecipe& changes) {
  const auto pixels =
      DevicePixels::Create(*Set().cache, device, std::numeric_limits<int64_t>::max());
  Run(state, *MakeBatchViews(pixels, {.size = kSide}, changes, device), device.is_cuda());
}

void BatchBackEnd(benchmark::State& state) { BatchBackEndOn(state, torch::kCPU, Changes()); }
BENCHMARK(BatchBackEnd)->UseRealTime()->Unit(benchmark::kMillisecond);

void BatchBackEndHue(benchmark::State& state) {
  BatchBackEndOn(state, torch::kCPU, ChangesAndHue());
}
BENCHMARK(BatchBackEndHue)->UseRealTime()->Unit(benchmark::kMillisecond);

void BatchBackEndOnCuda(benchmark::State& state) { BatchBackEndOn(state, torch::kCUDA, Changes()); }

void BatchBackEndHueOnCuda(benchmark::State& state) {
  BatchBackEndOn(state, torch::kCUDA, ChangesAndHue());
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  if (lookbook::LoadTorchCuda().ok()) {
    benchmark::RegisterBenchmark("BatchBackEndOnCuda", lookbook::BatchBackEndOnCuda)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("BatchBackEndHueOnCuda", lookbook::BatchBackEndHueOnCuda)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
  torch::set_num_threads(1);  // As a loader's worker has it.
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
