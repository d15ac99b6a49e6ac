// The embedder on a network of MobileNetV2's layers at 128 × 128: images per second by batch size
// and threads that share one model, one numeric thread each.
//
//   embed_bench --benchmark_format=json
#include <benchmark/benchmark.h>

#include <memory>
#include <utility>
#include <vector>

#include "engine/embed/torchscript_embedder.h"
#include "tests/engine/embed/script_models.h"

namespace lookbook {
namespace {

constexpr ModelShape kShape = {.image_size = 128, .dim = 1280, .classes = 46};

const TorchScriptEmbedder& MobileNetV2() {
  static const TorchScriptEmbedder* embedder = [] {
    SetNumericThreads(1);
    auto opened = TorchScriptEmbedder::Open(SaveToBytes(MakeMobileNetV2(kShape.classes)),
                                            {.shape = kShape, .buckets = {1, 2, 4, 8, 16, 32}});
    if (!opened.ok() || !(*opened)->WarmUp().ok()) std::abort();
    return std::move(opened)->release();
  }();
  return *embedder;
}

void BM_Embed(benchmark::State& state) {
  const TorchScriptEmbedder& embedder = MobileNetV2();
  const std::vector<float> images(
      static_cast<size_t>(state.range(0)) * 3 * kShape.image_size * kShape.image_size, 0.5f);
  for (auto _ : state) {
    auto embeddings = embedder.Embed(images);
    if (!embeddings.ok()) {
      state.SkipWithError(embeddings.status().ToString().c_str());
      break;
    }
    benchmark::DoNotOptimize(embeddings->vectors.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Embed)
    ->ArgName("batch")
    ->RangeMultiplier(2)
    ->Range(1, 32)
    ->ThreadRange(1, 2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lookbook

BENCHMARK_MAIN();
