// Searches on a CUDA device against plain double arithmetic: the answers are those of the CPU.
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "engine/index/flat_file.h"
#include "tests/engine/cuda/cuda_backend.h"
#include "tests/engine/index/vector_index_contract.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using Engine = CudaOptions::IndexEngine;

const DeviceBackend* BackendFor(Engine engine, bool half) {
  CudaOptions options;
  options.index_engine = engine;
  options.half_index = half;
  options.index_temp_bytes = 1 << 20;  // Many parts, where the engine works in parts.
  return MakeCuda(options);
}

std::unique_ptr<VectorIndex> OpenOn(const DeviceBackend* backend, int dim,
                                    const std::vector<float>& vectors) {
  const TempDir directory;
  const std::string path = directory / "index.faiss";
  EXPECT_THAT(WriteFlatFile(path, dim, vectors), IsOk());
  auto index =
      backend->OpenIndex(IndexSpec{}, path, dim, static_cast<int64_t>(vectors.size()) / dim, 0);
  EXPECT_THAT(index, IsOk());
  return std::move(index).value_or(nullptr);
}

template <Engine kEngine, bool kHalf>
std::unique_ptr<VectorIndex> MakeCudaIndex(int dim, const std::vector<float>& vectors) {
  static const DeviceBackend* const backend = BackendFor(kEngine, kHalf);
  return backend == nullptr ? nullptr : OpenOn(backend, dim, vectors);
}
INSTANTIATE_TEST_SUITE_P(Cuda, VectorIndexContract,
                         ::testing::Values(&MakeCudaIndex<Engine::kMatmul, false>,
                                           &MakeCudaIndex<Engine::kMatmul, true>,
                                           &MakeCudaIndex<Engine::kFaiss, false>,
                                           &MakeCudaIndex<Engine::kFaiss, true>));

int64_t Fallbacks(const DeviceBackend& backend, Fallback cause) {
  return backend.Stats().fallbacks[static_cast<int>(cause)];
}

class CudaScanTest : public ::testing::TestWithParam<std::tuple<Engine, bool>> {
 protected:
  void SetUp() override {
    LB_SKIP_WITHOUT_CUDA();
    backend_ = BackendFor(std::get<0>(GetParam()), std::get<1>(GetParam()));
  }

  void ExpectExact(const VectorIndex& index, const std::vector<float>& vectors,
                   const std::vector<float>& queries, const std::vector<QueryOptions>& options) {
    LB_ASSERT_OK_AND_ASSIGN(const auto lists, index.Search(queries, options));
    ASSERT_EQ(lists.size(), options.size());
    const auto dim = static_cast<size_t>(index.dim());
    for (size_t i = 0; i < lists.size(); ++i) {
      const auto expected = ReferenceSelect(
          ReferenceSimilarities(absl::MakeConstSpan(queries).subspan(i * dim, dim), vectors),
          options[i]);
      ASSERT_EQ(RowsOf(lists[i]), RowsOf(expected)) << "query " << i;
      ASSERT_EQ(SimilaritiesOf(lists[i]), SimilaritiesOf(expected)) << "query " << i;
    }
  }

  const DeviceBackend* backend_ = nullptr;
};

TEST_P(CudaScanTest, AnswersAreExactForEverySizeOfBatchAndK) {
  constexpr int kDim = 128;
  const std::vector<float> vectors = RandomUnitVectors(20'000, kDim, 11);
  const auto index = OpenOn(backend_, kDim, vectors);
  for (size_t batch : {1, 2, 33}) {
    const std::vector<float> queries =
        RandomUnitVectors(static_cast<int64_t>(batch), kDim, static_cast<uint32_t>(batch));
    for (int k : {1, 10, 1000}) {
      ExpectExact(*index, vectors, queries, std::vector<QueryOptions>(batch, {.top_k = k}));
    }
  }
}

TEST_P(CudaScanTest, FiltersAndTiesStayExactAndAreCounted) {
  constexpr int kDim = 64;
  std::vector<float> vectors = RandomUnitVectors(3000, kDim, 21);
  // The first row, 400 times more.
  for (int i = 0; i < 400; ++i) {
    vectors.insert(vectors.end(), vectors.begin(), vectors.begin() + kDim);
  }
  const auto index = OpenOn(backend_, kDim, vectors);
  const RowSet some = RandomRows(3400, 0.1, 5);
  std::vector<float> queries(vectors.begin(), vectors.begin() + kDim);
  const std::vector<float> other = RandomUnitVectors(1, kDim, 22);
  queries.insert(queries.end(), other.begin(), other.end());
  ExpectExact(*index, vectors, queries,
              {{.top_k = 10, .excluded_row = 0}, {.top_k = 20, .allowed = &some}});
  EXPECT_GE(Fallbacks(*backend_, Fallback::kTies), 1);
  const bool faiss = std::get<0>(GetParam()) == Engine::kFaiss;
  EXPECT_EQ(Fallbacks(*backend_, Fallback::kFilter), faiss ? 1 : 0);
}

TEST_P(CudaScanTest, ThreadsShareTheDevice) {
  constexpr int kDim = 32;
  const std::vector<float> vectors = RandomUnitVectors(5000, kDim, 31);
  const auto index = OpenOn(backend_, kDim, vectors);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::vector<float> queries = RandomUnitVectors(3, kDim, 40 + static_cast<uint32_t>(t));
      for (int round = 0; round < 20; ++round) {
        ExpectExact(*index, vectors, queries, std::vector<QueryOptions>(3, {.top_k = 7}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(
    Engines, CudaScanTest,
    ::testing::Combine(::testing::Values(Engine::kMatmul, Engine::kFaiss), ::testing::Bool()),
    [](const auto& info) {
      return std::string(std::get<0>(info.param) == Engine::kMatmul ? "matmul" : "faiss") +
             (std::get<1>(info.param) ? "_fp16" : "_fp32");
    });

TEST(CudaBackendTest, SaysWhatItIsAndHowItsDevicesDo) {
  LB_SKIP_WITHOUT_CUDA();
  const DeviceBackend* backend = MakeCuda({});
  EXPECT_THAT(backend->Describe(), ::testing::StartsWith("cuda: 0 "));
  const BackendStats stats = backend->Stats();
  ASSERT_EQ(stats.devices.size(), 1u);
  EXPECT_GT(stats.devices[0].memory_total_bytes, stats.devices[0].memory_used_bytes);
  EXPECT_GT(stats.devices[0].memory_used_bytes, 0);
  EXPECT_THAT(backend->Health(), IsOk());
}

}  // namespace
}  // namespace lookbook
