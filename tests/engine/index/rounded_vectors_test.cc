#include "engine/index/rounded_vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Rows in memory, handed out through the buffer.
class RowsInMemory : public VectorScan {
 public:
  RowsInMemory(int dim, std::vector<float> values) : dim_(dim), values_(std::move(values)) {}
  int dim() const override { return dim_; }
  int64_t size() const override { return static_cast<int64_t>(values_.size()) / dim_; }
  absl::Span<const float> row(int64_t row, std::vector<float>* decoded) const override {
    decoded->assign(values_.begin() + row * dim_, values_.begin() + (row + 1) * dim_);
    return *decoded;
  }
  int64_t memory_bytes() const override { return 0; }
  float ScoreErrorBound() const override { return 0; }
  absl::StatusOr<Hits> TopK(absl::Span<const float>, int64_t,
                            const std::vector<int64_t>*) const override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override {
    return RowsAboveExactly(*this, query, score, allowed);
  }
  absl::Status Save(const std::string&) const override { return absl::UnimplementedError(""); }

 private:
  const int dim_;
  const std::vector<float> values_;
};

TEST(RoundedVectorsTest, ScalesToUnitLength) {
  std::vector<float> vector = {3, 0, -4};
  ScaleToUnit(absl::MakeSpan(vector));
  EXPECT_THAT(vector, ElementsAre(0.6f, 0, -0.8f));
}

TEST(RoundedVectorsTest, FindsTheLargestErrorOfALength) {
  const std::vector<float> lengths = {1, 1.01f, 0.98f, 1};
  const auto decode = [&](int64_t row, float* to) {
    to[0] = 0;
    to[1] = lengths[static_cast<size_t>(row)];
  };
  LB_ASSERT_OK_AND_ASSIGN(const float error, LargestLengthError(4, 2, decode));
  EXPECT_NEAR(error, 0.02, 1e-6);
}

TEST(RoundedVectorsTest, NamesARowThatIsNoRoundedUnitVector) {
  for (const float bad : {0.0f, 0.4f, 2.5f, std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN()}) {
    const auto decode = [&](int64_t row, float* to) { to[0] = row == 2 ? bad : 1; };
    EXPECT_THAT(LargestLengthError(3, 1, decode),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("row 2 has length")))
        << bad;
  }
}

// A float32 product with a vector that is too long or too short, against the product with the
// scaled one.
TEST(RoundedVectorsTest, TheErrorBoundHolds) {
  constexpr int kDim = 64;
  const std::vector<float> queries = RandomUnitVectors(50, kDim, 1);
  std::vector<float> row = RandomUnitVectors(1, kDim, 2);
  for (const float length : {0.9f, 0.999f, 1.0f, 1.02f}) {
    std::vector<float> longer = row;
    for (float& value : longer) value *= length;
    for (int i = 0; i < 51; ++i) {
      // The last one is the row itself: the worst query.
      const float* query = i < 50 ? queries.data() + i * kDim : row.data();
      float score = 0;
      double exact = 0;
      for (int j = 0; j < kDim; ++j) {
        score += query[j] * longer[j];
        exact += static_cast<double>(query[j]) * row[j];
      }
      EXPECT_LE(std::abs(score - exact), RoundedScoreErrorBound(kDim, std::abs(length - 1)));
    }
  }
}

TEST(RoundedVectorsTest, RowsAboveAScore) {
  const RowsInMemory scan(2, {1, 0, 0, 1, 0.6f, 0.8f, -1, 0});
  const std::vector<float> query = {1, 0};
  EXPECT_THAT(RowsAboveExactly(scan, query, 0, nullptr), ElementsAre(0, 2));
  EXPECT_THAT(RowsAboveExactly(scan, query, 0.6f, nullptr), ElementsAre(0)) << "above, not at";
  EXPECT_THAT(RowsAboveExactly(scan, query, -2, nullptr), ElementsAre(0, 1, 2, 3));
  RowSet allowed(4);
  allowed.Insert(2);
  allowed.Insert(3);
  EXPECT_THAT(RowsAboveExactly(scan, query, 0, &allowed), ElementsAre(2));
}

}  // namespace
}  // namespace lookbook
