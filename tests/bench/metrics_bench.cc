// What counting costs: everything that one Search of a picture counts on its way, on one thread and
// on several that count into the same series; and a scrape. The target is 10 us a request.
//
//   metrics_bench --benchmark_format=json
#include <benchmark/benchmark.h>

#include "server/metrics/server_metrics.h"
#include "server/metrics/stage_cpu.h"

namespace lookbook {
namespace {

// Counts as the stages do. A batch's own figures are counted once for `batch` pictures.
class PretendedPipeline {
 public:
  explicit PretendedPipeline(ServerMetrics& metrics) : bundle_(metrics.bundle("default")) {}

  void Search(ServerMetrics& metrics, int batch) {
    metrics.RequestStarted(Method::kSearch);
    metrics.DeadlineAtArrival(Method::kSearch, 9.9);
    bundle_.queue_depth.Add(1);
    {
      metrics.ThreadBusy("decode", 1);
      const StageCpu cpu(&metrics, Stage::kDecode);
      metrics.StageFinished(Stage::kDecode, 0.0025);
      metrics.ImageDecoded("jpeg", 60'000, 640 * 480);
      metrics.image_memory_bytes().Set(60'000);
    }
    {
      const StageCpu cpu(&metrics, Stage::kPreprocess);
      metrics.ThreadBusy("decode", -1);
    }
    bundle_.queue_oldest_age_seconds.Set(0.001);
    if (++waiting_ >= batch) RunBatch(metrics);
    bundle_.queue_depth.Add(-1);
    for (const Stage stage : {Stage::kQueue, Stage::kPreprocess, Stage::kEmbed, Stage::kSearch})
      metrics.StageFinished(stage, 0.004);
    bundle_.top1_similarity.Observe(0.93);
    {
      const StageCpu cpu(&metrics, Stage::kReply);
      metrics.StageFinished(Stage::kReply, 0.0001);
    }
    metrics.RequestFinished(Method::kSearch, absl::StatusCode::kOk, 0.012);
  }

 private:
  void RunBatch(ServerMetrics& metrics) {
    metrics.ThreadBusy("embed", 1);
    bundle_.batch_size.Observe(waiting_);
    bundle_.batch_wait_seconds.Observe(0.001);
    for (const Stage stage : {Stage::kPreprocess, Stage::kEmbed, Stage::kSearch})
      const StageCpu cpu(&metrics, stage);
    bundle_.embeddings_on_cpu_total.Add(waiting_);
    bundle_.batch_padding_total.Add(0);
    bundle_.search_queries_total[static_cast<size_t>(SearchKind::kFlat)].Add(waiting_);
    bundle_.batches_ok.Add();
    metrics.ThreadBusy("embed", -1);
    waiting_ = 0;
  }

  BundleMetrics& bundle_;
  int waiting_ = 0;
};

ServerMetrics& Shared() {
  static auto* const metrics = new ServerMetrics({"default"});
  return *metrics;
}

void BM_CountOneSearch(benchmark::State& state) {
  PretendedPipeline pipeline(Shared());
  for (auto _ : state) pipeline.Search(Shared(), static_cast<int>(state.range(0)));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CountOneSearch)
    ->ArgName("batch")
    ->Arg(1)
    ->Arg(8)
    ->ThreadRange(1, 4)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void BM_Scrape(benchmark::State& state) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f", "g", "h"};
  const ServerMetrics metrics({names.begin(), names.begin() + state.range(0)});
  size_t bytes = 0;
  for (auto _ : state) bytes = metrics.Scrape().size();
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_Scrape)->ArgName("bundles")->Arg(1)->Arg(8)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lookbook

BENCHMARK_MAIN();
