// Which queries take the short way, over a scan that says what it was asked.
#include "engine/index/approximate_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int kDim = 2;

struct Asked {
  size_t queries;
  int64_t k;
  int effort;
  bool operator==(const Asked& other) const = default;
};

// Five rows. A shortlist holds the first `listed` of them, whatever the query.
class ScriptedScan : public ShortlistScan {
 public:
  explicit ScriptedScan(int listed, std::vector<Asked>* shortlists, int* passes)
      : listed_(listed), shortlists_(*shortlists), passes_(*passes) {}
  int dim() const override { return kDim; }
  int64_t size() const override { return 5; }
  absl::Span<const float> row(int64_t row, std::vector<float>*) const override {
    return absl::MakeConstSpan(rows_).subspan(static_cast<size_t>(row) * kDim, kDim);
  }
  int64_t memory_bytes() const override { return 77; }
  float ScoreErrorBound() const override { return 0; }
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override {
    ++passes_;
    const size_t n = queries.size() / kDim;
    Hits hits;
    for (size_t i = 0; i < n; ++i) {
      std::vector<int64_t> rows =
          allowed != nullptr ? *allowed : std::vector<int64_t>{0, 1, 2, 3, 4};
      rows.resize(static_cast<size_t>(k), -1);
      hits.rows.insert(hits.rows.end(), rows.begin(), rows.end());
      hits.scores.resize(hits.rows.size(), -2);
    }
    return hits;
  }
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float>, float,
                                                 const RowSet*) const override {
    return std::vector<int64_t>{0, 1, 2, 3, 4};
  }
  absl::StatusOr<Hits> Shortlist(absl::Span<const float> queries, int64_t k,
                                 int effort) const override {
    const size_t n = queries.size() / kDim;
    shortlists_.push_back({n, k, effort});
    if (effort == 4) return absl::ResourceExhaustedError("no room");
    Hits hits;
    for (size_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < 5; ++j) hits.rows.push_back(j < listed_ ? j : -1);
      hits.scores.resize(hits.rows.size(), 0);
    }
    return hits;
  }
  absl::Status Save(const std::string&) const override { return absl::OkStatus(); }

 private:
  const int listed_;
  std::vector<Asked>& shortlists_;
  int& passes_;
  const std::vector<float> rows_ = {0, 1, 0.6f, 0.8f, 0.8f, 0.6f, 1, 0, -1, 0};
};

class ApproximateIndexTest : public ::testing::Test {
 protected:
  std::unique_ptr<ApproximateIndex> Make(int listed) {
    return std::make_unique<ApproximateIndex>(
        ParseIndexSpec("IVF8,Flat").value(),
        std::make_unique<ScriptedScan>(listed, &shortlists_, &passes_), 2);
  }
  std::vector<Asked> shortlists_;
  int passes_ = 0;
  const std::vector<float> query_ = {1, 0};
};

TEST_F(ApproximateIndexTest, APlainQueryTakesTheShortlist) {
  const auto index = Make(3);
  EXPECT_EQ(index->spec(), "IVF8,Flat");
  EXPECT_EQ(index->search(), "nprobe=2");
  EXPECT_EQ(index->memory_bytes(), 77);
  LB_ASSERT_OK_AND_ASSIGN(const auto lists, index->Search(query_, {QueryOptions{.top_k = 2}}));
  EXPECT_THAT(RowsOf(lists[0]), ElementsAre(2, 1)) << "row 3 would be nearer: it is not listed";
  EXPECT_THAT(shortlists_, ElementsAre(Asked{1, 2, 2}));
  EXPECT_EQ(passes_, 0);
}

TEST_F(ApproximateIndexTest, WhatNarrowsTheSearchIsExact) {
  const auto index = Make(3);
  RowSet allowed(5);
  allowed.Insert(3);
  allowed.Insert(4);
  for (const QueryOptions& options :
       {QueryOptions{.top_k = 2, .allowed = &allowed}, QueryOptions{.top_k = 2, .excluded_row = 0},
        QueryOptions{.top_k = 2, .min_similarity = -0.9f},
        QueryOptions{.top_k = 2, .exact = true}}) {
    LB_ASSERT_OK_AND_ASSIGN(const auto lists, index->Search(query_, {options}));
    EXPECT_EQ(lists[0].front().row, 3);
  }
  EXPECT_THAT(shortlists_, IsEmpty());
  // A bound that leaves nothing out does not.
  EXPECT_THAT(index->Search(query_, {QueryOptions{.top_k = 2, .min_similarity = -1}}), IsOk());
  EXPECT_THAT(shortlists_, ElementsAre(Asked{1, 2, 2}));
}

TEST_F(ApproximateIndexTest, AShortlistThatIsTooShortIsFollowedByAPass) {
  const auto index = Make(3);
  LB_ASSERT_OK_AND_ASSIGN(const auto lists, index->Search(query_, {QueryOptions{.top_k = 4}}));
  EXPECT_THAT(RowsOf(lists[0]), ElementsAre(3, 2, 1, 0));
  EXPECT_EQ(passes_, 1);
  // All there is: nothing is missing.
  passes_ = 0;
  LB_ASSERT_OK_AND_ASSIGN(const auto all, Make(5)->Search(query_, {QueryOptions{.top_k = 9}}));
  EXPECT_THAT(RowsOf(all[0]), ElementsAre(3, 2, 1, 0, 4));
  EXPECT_EQ(passes_, 0);
}

TEST_F(ApproximateIndexTest, QueriesThatAskTheSameShareACall) {
  const auto index = Make(5);
  std::vector<float> queries;
  for (int i = 0; i < 5; ++i) queries.insert(queries.end(), query_.begin(), query_.end());
  EXPECT_THAT(index->Search(queries, {QueryOptions{.top_k = 2}, QueryOptions{.top_k = 3},
                                      QueryOptions{.top_k = 2, .effort = 8},
                                      QueryOptions{.top_k = 2}, QueryOptions{.exact = true}}),
              IsOk());
  EXPECT_THAT(shortlists_, UnorderedElementsAre(Asked{2, 2, 2}, Asked{1, 3, 2}, Asked{1, 2, 8}));
  EXPECT_EQ(passes_, 1);
}

TEST_F(ApproximateIndexTest, TheEffortOfAQueryIsBounded) {
  const auto index = Make(5);
  EXPECT_THAT(index->Search(query_, {QueryOptions{.effort = 9}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("query 0: index \"IVF8,Flat\": nprobe 9 is not in 1 to 8")));
  EXPECT_THAT(index->Search(query_, {QueryOptions{.effort = -1}}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(shortlists_, IsEmpty());
}

TEST_F(ApproximateIndexTest, TheScansErrorComesBack) {
  EXPECT_THAT(Make(5)->Search(query_, {QueryOptions{.effort = 4}}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("no room")));
}

}  // namespace
}  // namespace lookbook
