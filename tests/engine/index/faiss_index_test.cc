// The exact index against a search in plain double arithmetic, over sizes, dimensions, batches,
// filters and ties.
#include "engine/index/faiss_index.h"

#include <memory>
#include <random>
#include <tuple>
#include <vector>

#include "engine/index/index_factory.h"
#include "tests/engine/index/vector_index_contract.h"

namespace lookbook {
namespace {

std::unique_ptr<VectorIndex> MakeFaissIndex(int dim, const std::vector<float>& vectors) {
  auto index = BuildIndex(IndexSpec{}, dim, vectors);
  EXPECT_THAT(index, IsOk());
  return std::move(index).value_or(nullptr);
}

INSTANTIATE_TEST_SUITE_P(Faiss, VectorIndexContract, ::testing::Values(&MakeFaissIndex));

// Draws what each query of a batch asks for, from values around every limit of the implementation.
class OptionDraw {
 public:
  OptionDraw(int64_t rows, uint32_t seed) : rows_(rows), random_(seed) {
    RowSet one(rows);
    one.Insert(rows / 2);
    filters_ = {RowSet(rows), one, RandomRows(rows, 0.01, seed), RandomRows(rows, 0.5, seed + 1),
                RowSet(rows, true)};
  }

  QueryOptions Next() {
    constexpr int kTopK[] = {1, 2, 10, 83, 84, 99, 100, 101, 999, 1000};
    QueryOptions options{.top_k = kTopK[Draw(std::size(kTopK))]};
    if (Draw(2) == 0) options.allowed = &filters_[Draw(filters_.size())];
    if (Draw(3) == 0) options.excluded_row = static_cast<int64_t>(Draw(static_cast<size_t>(rows_)));
    if (Draw(4) == 0) options.min_similarity = 0.1f * static_cast<float>(Draw(5));
    return options;
  }

 private:
  size_t Draw(size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random_); }

  const int64_t rows_;
  std::mt19937 random_;
  std::vector<RowSet> filters_;
};

// Searches in batches of every size that changes the path through FAISS and compares with the
// reference.
void ExpectExact(int dim, const std::vector<float>& vectors, const std::vector<float>& queries) {
  const int64_t rows = static_cast<int64_t>(vectors.size()) / dim;
  const size_t count = queries.size() / dim;
  std::vector<std::vector<Neighbor>> similarities;
  for (size_t i = 0; i < count; ++i) {
    similarities.push_back(
        ReferenceSimilarities(absl::MakeConstSpan(queries).subspan(i * dim, dim), vectors));
  }
  const std::unique_ptr<VectorIndex> index = MakeFaissIndex(dim, vectors);
  ASSERT_NE(index, nullptr);
  OptionDraw draw(rows, 77);
  for (size_t batch : {1, 2, 3, 4, 7, 19, 20, 40}) {
    std::vector<QueryOptions> options;
    for (size_t i = 0; i < batch; ++i) options.push_back(draw.Next());
    LB_ASSERT_OK_AND_ASSIGN(
        auto lists, index->Search(absl::MakeConstSpan(queries).subspan(0, batch * dim), options));
    ASSERT_EQ(lists.size(), batch);
    for (size_t i = 0; i < batch; ++i) {
      const auto expected = ReferenceSelect(similarities[i], options[i]);
      ASSERT_EQ(RowsOf(lists[i]), RowsOf(expected)) << "batch " << batch << " query " << i;
      ASSERT_EQ(SimilaritiesOf(lists[i]), SimilaritiesOf(expected))
          << "batch " << batch << " query " << i;
    }
  }
}

class FaissIndexExactness : public ::testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(FaissIndexExactness, AgreesWithDoubleArithmetic) {
  const auto [rows, dim] = GetParam();
  ExpectExact(dim, RandomUnitVectors(rows, dim, 11), RandomUnitVectors(40, dim, 12));
}

TEST_P(FaissIndexExactness, BreaksTiesByRowWhenMostRowsAreDuplicates) {
  const auto [rows, dim] = GetParam();
  const std::vector<float> distinct = RandomUnitVectors(20, dim, 13);
  std::mt19937 random(14);
  std::vector<float> vectors;
  for (int row = 0; row < rows; ++row) {
    const size_t pick = std::uniform_int_distribution<size_t>(0, 19)(random);
    vectors.insert(vectors.end(), distinct.begin() + pick * dim,
                   distinct.begin() + (pick + 1) * dim);
  }
  // Half the queries are themselves among the rows.
  std::vector<float> queries = RandomUnitVectors(40, dim, 15);
  std::copy(distinct.begin(), distinct.end(), queries.begin());
  ExpectExact(dim, vectors, queries);
}

INSTANTIATE_TEST_SUITE_P(Sizes, FaissIndexExactness,
                         ::testing::Combine(::testing::Values(1, 7, 1000, 20000),
                                            ::testing::Values(4, 64, 128, 192)));

TEST(FaissIndexTest, EveryRowTheSame) {
  const std::vector<float> one = RandomUnitVectors(1, 64, 21);
  std::vector<float> vectors;
  for (int i = 0; i < 5000; ++i) vectors.insert(vectors.end(), one.begin(), one.end());
  const auto index = MakeFaissIndex(64, vectors);
  for (int k : {1, 10, 100, 1000}) {
    LB_ASSERT_OK_AND_ASSIGN(auto lists,
                            index->Search(one, {QueryOptions{.top_k = k, .excluded_row = 0}}));
    ASSERT_EQ(lists[0].size(), static_cast<size_t>(k));
    for (int i = 0; i < k; ++i) ASSERT_EQ(lists[0][i].row, i + 1);
  }
}

// Rows that differ in the last bits only: float32 sums cannot order them, the index must.
TEST(FaissIndexTest, OrdersRowsThatFloatSumsCannotTellApart) {
  constexpr int kDim = 128;
  const std::vector<float> base = RandomUnitVectors(1, kDim, 31);
  std::mt19937 random(32);
  std::vector<float> vectors;
  for (int row = 0; row < 3000; ++row) {
    for (float value : base) {
      const int steps = std::uniform_int_distribution<int>(-2, 2)(random);
      for (int i = 0; i < std::abs(steps); ++i)
        value = std::nextafter(value, steps > 0 ? 2.0f : -2.0f);
      vectors.push_back(value);
    }
  }
  std::vector<float> queries = RandomUnitVectors(40, kDim, 33);
  ExpectExact(kDim, vectors, queries);
}

TEST(FaissIndexTest, TheAnswerDoesNotDependOnTheBatchItCameIn) {
  constexpr int kDim = 192;
  const auto index = MakeFaissIndex(kDim, RandomUnitVectors(3000, kDim, 41));
  const std::vector<float> queries = RandomUnitVectors(32, kDim, 42);
  LB_ASSERT_OK_AND_ASSIGN(auto together, index->Search(queries, std::vector<QueryOptions>(32)));
  for (int i = 0; i < 32; ++i) {
    LB_ASSERT_OK_AND_ASSIGN(
        auto alone,
        index->Search(absl::MakeConstSpan(queries).subspan(i * kDim, kDim), {QueryOptions{}}));
    EXPECT_EQ(RowsOf(alone[0]), RowsOf(together[i]));
    EXPECT_EQ(SimilaritiesOf(alone[0]), SimilaritiesOf(together[i]));
  }
}

}  // namespace
}  // namespace lookbook
