// Exact search: queries per second over catalogue size, batch and filter. One thread, like one
// embed worker. BM_Read reads as many bytes and does next to nothing with them: the memory's
// bandwidth. scripts/bench_search holds both together.
//
//   index_bench --benchmark_filter=Search --benchmark_format=json
#include <benchmark/benchmark.h>

#include <array>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/index/index_factory.h"
#include "tests/engine/index/index_data.h"

namespace lookbook {
namespace {

constexpr int kDim = 128;

const VectorIndex* IndexOf(int64_t rows) {
  static auto* indexes = new std::map<int64_t, std::unique_ptr<VectorIndex>>;
  std::unique_ptr<VectorIndex>& index = (*indexes)[rows];
  if (index == nullptr) index = *BuildIndex(IndexSpec{}, kDim, RandomUnitVectors(rows, kDim, 1));
  return index.get();
}

void Run(benchmark::State& state, int64_t rows, const QueryOptions& query) {
  const int64_t batch = state.range(1);
  const VectorIndex* index = IndexOf(rows);
  const std::vector<float> queries = RandomUnitVectors(batch, kDim, 2);
  const std::vector<QueryOptions> options(static_cast<size_t>(batch), query);
  for (auto _ : state) {
    auto lists = index->Search(queries, options);
    if (!lists.ok()) {
      state.SkipWithError(lists.status().ToString().c_str());
      break;
    }
    benchmark::DoNotOptimize(lists->data());
  }
  state.SetItemsProcessed(state.iterations() * batch);
  // A batch reads every row once at best: compare with the machine's memory bandwidth.
  state.SetBytesProcessed(state.iterations() * rows * kDim * static_cast<int64_t>(sizeof(float)));
}

// The sum of all values, in enough partial sums that the additions do not wait for each other.
void BM_Read(benchmark::State& state) {
  const int64_t rows = state.range(0);
  const std::vector<float> values(static_cast<size_t>(rows) * kDim, 0.5f);
  for (auto _ : state) {
    std::array<float, kDim> sums = {};
    for (int64_t row = 0; row < rows; ++row) {
      for (int d = 0; d < kDim; ++d) sums[d] += values[row * kDim + d];
    }
    benchmark::DoNotOptimize(sums);
  }
  state.SetBytesProcessed(state.iterations() * rows * kDim * static_cast<int64_t>(sizeof(float)));
}
BENCHMARK(BM_Read)->ArgName("rows")->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void BM_Search(benchmark::State& state) {
  Run(state, state.range(0), {.top_k = static_cast<int>(state.range(2))});
}
BENCHMARK(BM_Search)
    ->ArgNames({"rows", "batch", "k"})
    ->ArgsProduct({{10'000, 100'000, 1'000'000}, {1, 2, 3, 4, 8, 16, 32}, {10}})
    ->ArgsProduct({{100'000}, {1, 8}, {100, 1000}})
    ->Unit(benchmark::kMillisecond);

// `permille` of the rows pass one filter that the whole batch shares.
void BM_FilteredSearch(benchmark::State& state) {
  const RowSet allowed = RandomRows(state.range(0), static_cast<double>(state.range(2)) / 1000, 3);
  Run(state, state.range(0), {.top_k = 10, .allowed = &allowed});
}
BENCHMARK(BM_FilteredSearch)
    ->ArgNames({"rows", "batch", "permille"})
    ->ArgsProduct({{100'000}, {1, 8}, {1, 10, 100, 500, 1000}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lookbook

BENCHMARK_MAIN();
