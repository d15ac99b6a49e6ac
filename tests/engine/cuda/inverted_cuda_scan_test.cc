// An IVF on a CUDA device against the same file on the CPU, and exact answers against brute force.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/cuda/cuda_backend.h"
#include "tests/engine/index/index_kinds.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

class InvertedCudaScanTest : public ::testing::TestWithParam<const char*> {
 protected:
  static constexpr int kDim = 32;
  static constexpr int64_t kRows = 20'000, kQueries = 100;
  static constexpr int kEffort = 8;

  void SetUp() override {
    LB_SKIP_WITHOUT_CUDA();
    LB_ASSERT_OK_AND_ASSIGN(const auto built, BuildIndex(spec_, kDim, vectors_));
    const std::string path = dir_ / "index.faiss";
    ASSERT_THAT(built->Save(path), IsOk());
    LB_ASSERT_OK_AND_ASSIGN(host_, OpenIndex(spec_, path, kDim, kRows, kEffort));
    backend_ = MakeCuda({});
    LB_ASSERT_OK_AND_ASSIGN(index_, backend_->OpenIndex(spec_, path, kDim, kRows, kEffort));
  }

  int64_t Fallbacks(Fallback cause) const {
    return backend_->Stats().fallbacks[static_cast<int>(cause)];
  }
  int64_t AllFallbacks() const {
    int64_t all = 0;
    for (int i = 0; i < kFallbacks; ++i) all += Fallbacks(static_cast<Fallback>(i));
    return all;
  }

  const TempDir dir_{TempDir::kMemory};
  const IndexSpec spec_ = SpecOf(GetParam());
  const std::vector<float> all_ = ClusteredUnitVectors(kRows + kQueries, kDim, 200, 0.5, 1);
  const std::vector<float> vectors_{all_.begin(), all_.begin() + kRows* kDim};
  const std::vector<float> queries_{all_.begin() + kRows * kDim, all_.end()};
  std::unique_ptr<VectorIndex> host_;
  const DeviceBackend* backend_ = nullptr;
  std::unique_ptr<VectorIndex> index_;
};

TEST_P(InvertedCudaScanTest, FindsWhatTheCpuFindsWithTheSameLists) {
  EXPECT_EQ(index_->spec(), host_->spec());
  EXPECT_EQ(index_->search(), host_->search());
  for (const int effort : {0, 1, 32}) {
    for (const int k : {1, 10, 112, 113, 1000}) {
      const std::vector<QueryOptions> options(kQueries, {.top_k = k, .effort = effort});
      LB_ASSERT_OK_AND_ASSIGN(const auto found, index_->Search(queries_, options));
      LB_ASSERT_OK_AND_ASSIGN(const auto expected, host_->Search(queries_, options));
      // A list at the edge of those that are looked into may be another one: centres can be as good
      // as equally near. So the same rows for nearly all queries, not for all.
      int same = 0;
      for (size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(found[i].size(), static_cast<size_t>(k));
        if (RowsOf(found[i]) == RowsOf(expected[i])) {
          ++same;
          EXPECT_EQ(SimilaritiesOf(found[i]), SimilaritiesOf(expected[i]));
        }
      }
      EXPECT_GE(same, kQueries - 2) << "effort " << effort << " k " << k;
    }
  }
}

TEST_P(InvertedCudaScanTest, PlainSearchesStayOnTheDevice) {
  ASSERT_THAT(index_->Search(queries_, std::vector<QueryOptions>(kQueries, {.top_k = 10})), IsOk());
  EXPECT_EQ(AllFallbacks(), 0);
}

TEST_P(InvertedCudaScanTest, ExactAnswersAreThoseOfBruteForceAndCounted) {
  const RowSet few = RandomRows(kRows, 0.01, 3);
  ExpectExactOver(StoredVectors(*host_), *index_, {queries_.begin(), queries_.begin() + 4 * kDim},
                  {{.top_k = 10, .exact = true},
                   {.top_k = 10, .allowed = &few},
                   {.top_k = 20, .min_similarity = 0.6f},
                   {.top_k = 7, .excluded_row = 5}});
  EXPECT_EQ(Fallbacks(Fallback::kFilter), 1);
  EXPECT_GE(Fallbacks(Fallback::kExact), spec_.rounded() ? 1 : 0);
}

TEST_P(InvertedCudaScanTest, ThreadsThatLookIntoDifferentlyManyListsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (const int effort : {1, 4, 16, 64}) {
    threads.emplace_back([&, effort] {
      const std::vector<QueryOptions> options(kQueries, {.top_k = 10, .effort = effort});
      const auto alone = index_->Search(queries_, options);
      ASSERT_THAT(alone, IsOk());
      for (int round = 0; round < 50; ++round) {
        const auto again = index_->Search(queries_, options);
        ASSERT_THAT(again, IsOk());
        for (size_t i = 0; i < alone->size(); ++i) {
          ASSERT_EQ(RowsOf((*again)[i]), RowsOf((*alone)[i])) << effort;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Kinds, InvertedCudaScanTest, ::testing::Values("IVF64,Flat", "IVF64,SQ8"),
                         [](const auto& info) {
                           return info.param == std::string("IVF64,Flat") ? "Flat" : "SQ8";
                         });

}  // namespace
}  // namespace lookbook
