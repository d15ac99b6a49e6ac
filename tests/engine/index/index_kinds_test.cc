// Every kind of index through VectorIndex: what all of them promise.
#include "tests/engine/index/index_kinds.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

#include "base/files.h"
#include "engine/index/approximate_index.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// With the recall that a search with `effort` must reach at least on the clustered rows.
struct Kind {
  const char* text;
  const char* search;
  double recall;
  double length_error;  // Of a stored vector's distance to what was put in.
};
std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.text; }

class IndexKindsTest : public ::testing::TestWithParam<Kind> {
 protected:
  static constexpr int kDim = 24;
  static constexpr int64_t kRows = 3000;

  void SetUp() override {
    index_ = BuildKind(GetParam().text, kDim, vectors_);
    ASSERT_NE(index_, nullptr);
    stored_ = StoredVectors(*index_);
    LB_ASSERT_OK_AND_ASSIGN(effort_, ParseSearchEffort(spec_, GetParam().search));
  }

  const IndexSpec spec_ = SpecOf(GetParam().text);
  // The queries are of the same clusters and not among the rows.
  const std::vector<float> all_ = ClusteredUnitVectors(kRows + 60, kDim, 60, 0.5, 1);
  const std::vector<float> vectors_{all_.begin(), all_.begin() + kRows* kDim};
  const std::vector<float> queries_{all_.begin() + kRows * kDim, all_.end()};
  std::unique_ptr<VectorIndex> index_;
  std::vector<float> stored_;
  int effort_ = 0;
};

TEST_P(IndexKindsTest, SaysWhatItHolds) {
  EXPECT_EQ(index_->dim(), kDim);
  EXPECT_EQ(index_->size(), kRows);
  EXPECT_EQ(index_->spec(), GetParam().text);
  EXPECT_EQ(index_->search(), SearchEffortText(spec_, SearchEfforts(spec_).front()));
}

TEST_P(IndexKindsTest, StoresUnitVectorsThatAreNearWhatWasPutIn) {
  double worst = 0;
  for (int64_t row = 0; row < kRows; ++row) {
    double squares = 0, apart = 0;
    for (int j = 0; j < kDim; ++j) {
      const double have = stored_[static_cast<size_t>(row) * kDim + j];
      const double put = vectors_[static_cast<size_t>(row) * kDim + j];
      squares += have * have;
      apart += (have - put) * (have - put);
    }
    ASSERT_NEAR(std::sqrt(squares), 1, 1e-6) << row;
    worst = std::max(worst, std::sqrt(apart));
  }
  EXPECT_LE(worst, GetParam().length_error);
  if (!spec_.rounded()) {
    EXPECT_EQ(stored_, vectors_);
  }
  EXPECT_THAT(index_->Vector(-1), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(index_->Vector(kRows), StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_P(IndexKindsTest, FindsMostOfTheNearest) {
  QueryOptions options{.top_k = 10, .effort = effort_};
  EXPECT_GE(RecallAt10(*index_, vectors_, queries_, options), GetParam().recall);
  options.exact = true;
  EXPECT_GE(RecallAt10(*index_, vectors_, queries_, options), spec_.rounded() ? 0.9 : 1.0);
}

// The same answer as brute force over the stored vectors, bit for bit, ties by row.
TEST_P(IndexKindsTest, WhatNarrowsTheSearchMakesItExact) {
  const RowSet few = RandomRows(kRows, 0.004, 3), half = RandomRows(kRows, 0.5, 4), none(kRows);
  RowSet one(kRows);
  one.Insert(kRows - 1);
  std::vector<QueryOptions> options = {
      {.top_k = 10, .allowed = &few},
      {.top_k = 50, .allowed = &half},
      {.top_k = 10, .allowed = &none},
      {.top_k = 10, .allowed = &one},
      {.top_k = 10, .min_similarity = 0.8f},
      {.top_k = 1000, .min_similarity = 0.5f},
      {.top_k = 10, .excluded_row = 17},
      {.top_k = 7, .min_similarity = 0.3f, .allowed = &half, .excluded_row = 4},
      {.top_k = 10, .exact = true},
      {.top_k = 1000, .exact = true},
      {.top_k = 10, .allowed = &few, .effort = effort_},
  };
  ExpectExactOver(stored_, *index_, {queries_.begin(), queries_.begin() + options.size() * kDim},
                  options);
}

TEST_P(IndexKindsTest, ExactAnswersBreakTiesByRow) {
  // Each vector stands there 50 times, in scattered rows.
  std::vector<float> copies;
  for (int64_t row = 0; row < kRows; ++row) {
    const auto from = vectors_.begin() + (row * 7 % 60) * kDim;
    copies.insert(copies.end(), from, from + kDim);
  }
  const auto index = BuildKind(GetParam().text, kDim, copies);
  const RowSet half = RandomRows(kRows, 0.5, 5);
  ExpectExactOver(StoredVectors(*index), *index, {vectors_.begin(), vectors_.begin() + 3 * kDim},
                  {{.top_k = 20, .exact = true},
                   {.top_k = 70, .allowed = &half},
                   {.top_k = 10, .excluded_row = 3}});
}

TEST_P(IndexKindsTest, SimilaritiesAreThoseOfTheStoredVectorsAndInOrder) {
  LB_ASSERT_OK_AND_ASSIGN(const auto lists,
                          index_->Search(queries_, std::vector<QueryOptions>(60, {.top_k = 20})));
  for (size_t i = 0; i < 60; ++i) {
    ASSERT_EQ(lists[i].size(), 20u);
    const auto query = absl::MakeConstSpan(queries_).subspan(i * kDim, kDim);
    for (size_t j = 0; j < 20; ++j) {
      const Neighbor& n = lists[i][j];
      EXPECT_EQ(n.similarity, ReferenceSimilarity(query, stored_.data() + n.row * kDim));
      if (j == 0) continue;
      const Neighbor& before = lists[i][j - 1];
      EXPECT_TRUE(before.similarity > n.similarity ||
                  (before.similarity == n.similarity && before.row < n.row));
    }
  }
}

TEST_P(IndexKindsTest, AListIsFullWhereverThereAreItems) {
  LB_ASSERT_OK_AND_ASSIGN(const auto lists,
                          index_->Search(queries_, std::vector<QueryOptions>(60, {.top_k = 1000})));
  for (const auto& list : lists) EXPECT_EQ(list.size(), 1000u);
  const auto small =
      BuildKind(GetParam().text, kDim, {vectors_.begin(), vectors_.begin() + 800 * kDim});
  ASSERT_NE(small, nullptr);
  LB_ASSERT_OK_AND_ASSIGN(const auto all,
                          small->Search({queries_.data(), kDim}, {QueryOptions{.top_k = 1000}}));
  EXPECT_EQ(all[0].size(), 800u);
}

TEST_P(IndexKindsTest, TheAnswerDoesNotDependOnTheBatchItCameIn) {
  const RowSet half = RandomRows(kRows, 0.5, 6);
  std::vector<QueryOptions> options(60, {.top_k = 10});
  for (size_t i = 0; i < 60; i += 3) options[i].top_k = 40;
  for (size_t i = 1; i < 60; i += 4) options[i].effort = effort_;
  for (size_t i = 0; i < 60; i += 5) options[i].allowed = &half;
  LB_ASSERT_OK_AND_ASSIGN(const auto together, index_->Search(queries_, options));
  for (size_t i = 0; i < 60; ++i) {
    LB_ASSERT_OK_AND_ASSIGN(
        const auto alone,
        index_->Search(absl::MakeConstSpan(queries_).subspan(i * kDim, kDim), {options[i]}));
    EXPECT_EQ(RowsOf(alone[0]), RowsOf(together[i])) << i;
    EXPECT_EQ(SimilaritiesOf(alone[0]), SimilaritiesOf(together[i])) << i;
  }
}

TEST_P(IndexKindsTest, ThreadsSearchWithTheirOwnEffort) {
  std::vector<int> efforts = SearchEfforts(spec_);
  if (efforts.size() > 4) efforts.resize(4);
  std::vector<std::vector<std::vector<Neighbor>>> expected;
  for (const int effort : efforts) {
    auto lists = index_->Search(queries_, std::vector<QueryOptions>(60, {.effort = effort}));
    ASSERT_THAT(lists, IsOk());
    expected.push_back(*std::move(lists));
  }
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 12; ++i) {
        const size_t pick = (t + i) % efforts.size();
        const auto lists =
            index_->Search(queries_, std::vector<QueryOptions>(60, {.effort = efforts[pick]}));
        for (size_t q = 0; q < 60; ++q) {
          if (!lists.ok() || RowsOf((*lists)[q]) != RowsOf(expected[pick][q])) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(IndexKindsTest, RefusesBadQueries) {
  const std::vector<float> query(queries_.begin(), queries_.begin() + kDim);
  EXPECT_THAT(index_->Search({}, {}), HasReason("bad_vector"));
  EXPECT_THAT(index_->Search(std::vector<float>(kDim, 1), {QueryOptions{}}),
              HasReason("bad_vector"));
  EXPECT_THAT(index_->Search(query, {QueryOptions{.top_k = 0}}), HasReason("bad_k"));
  EXPECT_THAT(index_->Search(query, {QueryOptions{.top_k = 1001}}), HasReason("bad_k"));
  EXPECT_THAT(index_->Search(query, {QueryOptions{.min_similarity = std::nanf("")}}),
              HasReason("bad_similarity"));
}

TEST_P(IndexKindsTest, BuildsTheSameFromTheSame) {
  TempDir dir{TempDir::kMemory};
  ASSERT_THAT(index_->Save(dir / "a"), IsOk());
  ASSERT_THAT(BuildKind(GetParam().text, kDim, vectors_)->Save(dir / "b"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string a, ReadFile(dir / "a"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string b, ReadFile(dir / "b"));
  EXPECT_TRUE(a == b);
}

TEST_P(IndexKindsTest, ASavedIndexAnswersLikeTheOneThatWasBuilt) {
  TempDir dir{TempDir::kMemory};
  ASSERT_THAT(index_->Save(dir / "a"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const auto opened, OpenIndex(spec_, dir / "a", kDim, kRows, effort_));
  EXPECT_EQ(opened->spec(), GetParam().text);
  EXPECT_EQ(opened->search(), GetParam().search);
  EXPECT_EQ(opened->memory_bytes(), index_->memory_bytes());
  EXPECT_EQ(StoredVectors(*opened), stored_);
  const std::vector<QueryOptions> plain(60, {.top_k = 10});
  LB_ASSERT_OK_AND_ASSIGN(const auto have, opened->Search(queries_, plain));
  LB_ASSERT_OK_AND_ASSIGN(
      const auto want,
      index_->Search(queries_, std::vector<QueryOptions>(60, {.top_k = 10, .effort = effort_})));
  for (size_t i = 0; i < 60; ++i) EXPECT_EQ(RowsOf(have[i]), RowsOf(want[i])) << i;
  // And saves the same file again.
  ASSERT_THAT(opened->Save(dir / "b"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string a, ReadFile(dir / "a"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string b, ReadFile(dir / "b"));
  EXPECT_TRUE(a == b);
}

TEST_P(IndexKindsTest, OpenRefusesAnotherKindShapeAndDamage) {
  TempDir dir{TempDir::kMemory};
  const std::string path = dir / "a";
  ASSERT_THAT(index_->Save(path), IsOk());
  for (const char* other :
       {"Flat", "SQ8", "SQfp16", "IVF20,Flat", "IVF21,Flat", "IVF20,SQ8", "HNSW8", "HNSW12"}) {
    if (other == std::string(GetParam().text)) continue;
    EXPECT_THAT(OpenIndex(SpecOf(other), path, kDim, kRows), StatusIs(kInvalid, HasSubstr(path)))
        << other;
  }
  EXPECT_THAT(OpenIndex(spec_, path, kDim + 1, kRows), StatusIs(kInvalid, HasSubstr("dimension")));
  EXPECT_THAT(OpenIndex(spec_, path, kDim, kRows - 1), StatusIs(kInvalid, HasSubstr("rows")));
  EXPECT_THAT(OpenIndex(spec_, path, kDim, 0), StatusIs(kInvalid));
  EXPECT_THAT(OpenIndex(spec_, path, kDim, int64_t{1} << 62), StatusIs(kInvalid));
  EXPECT_THAT(OpenIndex(spec_, path, kDim, kRows, 1 << 20), StatusIs(kInvalid));
  EXPECT_THAT(OpenIndex(spec_, path + ".none", kDim, kRows), StatusIs(absl::StatusCode::kNotFound));
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path));
  ASSERT_THAT(WriteFile(path, bytes.substr(0, bytes.size() - 1)), IsOk());
  EXPECT_THAT(OpenIndex(spec_, path, kDim, kRows), StatusIs(kInvalid, HasSubstr(path)));
}

TEST_P(IndexKindsTest, BuildRefusesWhatIsNoMatrixOfUnitVectors) {
  EXPECT_THAT(BuildIndex(spec_, kDim, {}), StatusIs(kInvalid));
  std::vector<float> broken = vectors_;
  for (int i = 0; i < kDim; ++i) broken[5 * kDim + i] *= 2;
  EXPECT_THAT(BuildIndex(spec_, kDim, broken), StatusIs(kInvalid, HasSubstr("row 5")));
}

INSTANTIATE_TEST_SUITE_P(Kinds, IndexKindsTest,
                         ::testing::Values(Kind{"Flat", "", 1, 0}, Kind{"SQ8", "", 0.95, 0.02},
                                           Kind{"SQfp16", "", 0.99, 1e-3},
                                           Kind{"IVF20,Flat", "nprobe=8", 0.95, 0},
                                           Kind{"IVF20,SQ8", "nprobe=8", 0.9, 0.02},
                                           Kind{"HNSW8", "efSearch=64", 0.95, 0}));

struct Sized {
  const char* text;
  int64_t bytes;  // A row, at kDim = 64.
};

TEST(IndexMemoryTest, RoundedKindsTakeLess) {
  constexpr int kDim = 64;
  const std::vector<float> vectors = ClusteredUnitVectors(2000, kDim, 20, 0.5, 2);
  const int64_t centres = 4 * kDim * 4;
  for (const Sized& kind : {Sized{"Flat", 256}, Sized{"SQ8", 64}, Sized{"SQfp16", 128}}) {
    EXPECT_EQ(BuildKind(kind.text, kDim, vectors)->memory_bytes(), 2000 * kind.bytes) << kind.text;
  }
  EXPECT_EQ(BuildKind("IVF4,Flat", kDim, vectors)->memory_bytes(), 2000 * (256 + 16) + centres);
  EXPECT_EQ(BuildKind("IVF4,SQ8", kDim, vectors)->memory_bytes(), 2000 * (64 + 16) + centres);
  // 2 m links of 4 bytes, a level, an offset, and the links of the upper levels.
  const int64_t graph = BuildKind("HNSW8", kDim, vectors)->memory_bytes();
  EXPECT_GT(graph, 2000 * (256 + 8 * 8 + 12));
  EXPECT_LT(graph, 2000 * (256 + 8 * 8 + 12 + 16));
}

}  // namespace
}  // namespace lookbook
