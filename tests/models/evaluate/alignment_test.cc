#include "models/evaluate/alignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/evaluate/oracle.h"

namespace lookbook {
namespace {

constexpr double kTolerance = 1e-5;  // The reference is float64, embeddings are float32.

std::vector<float> UnitRows(std::vector<double> rows, int dim) {
  for (size_t start = 0; start < rows.size(); start += dim) {
    double square = 0;
    for (int j = 0; j < dim; ++j) square += rows[start + j] * rows[start + j];
    for (int j = 0; j < dim; ++j) rows[start + j] /= std::sqrt(square);
  }
  return {rows.begin(), rows.end()};
}

TEST(AlignmentTest, MatchesTheReference) {
  const nlohmann::json oracle = ReadOracle();
  const std::vector<float> z = UnitRows(Flat<double>(oracle["inputs"]["X"]), 4);
  const LabelMatrix labels{6, 8, Flat<uint8_t>(oracle["inputs"]["Y"])};
  const Alignment got = MeasureAlignment(z, 4, labels, Relevance::kStrict);
  // Each pair stands there twice.
  EXPECT_EQ(got.positive_pairs * 2, static_cast<int64_t>(oracle["pairs"]["positive_pairs"].size()));
  const nlohmann::json& want = oracle["diagnostics"];
  EXPECT_NEAR(got.positive, want["alignment_alpha2_positive_pairs"].get<double>(), kTolerance);
  // |a - b|^2 = 2 - 2 a.b of unit rows.
  const double all = 2 - 2 * want["mean_pairwise_cosine"].get<double>();
  EXPECT_NEAR(got.all, all, kTolerance);
  EXPECT_NEAR(got.ratio, got.positive / all, kTolerance);
  EXPECT_LT(got.ratio, 0.6);
}

TEST(AlignmentTest, ConstantMapHasBothAtZero) {
  const LabelMatrix labels{3, 1, {1, 1, 1}};
  const Alignment got =
      MeasureAlignment(std::vector<float>{1, 0, 1, 0, 1, 0}, 2, labels, Relevance::kAny);
  EXPECT_EQ(got.positive_pairs, 3);
  EXPECT_EQ(got.positive, 0);
  EXPECT_EQ(got.all, 0);
  EXPECT_EQ(got.ratio, 1);
}

TEST(AlignmentTest, LabelsThatDecideNothingGiveOneAndNoPairGivesOne) {
  // Opposite pictures share the label, and so do those that do not: all distances are alike.
  const std::vector<float> simplex = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  EXPECT_EQ(MeasureAlignment(simplex, 3, {3, 1, {1, 1, 0}}, Relevance::kAny).ratio, 1);
  const Alignment none = MeasureAlignment(simplex, 3, {3, 1, {1, 0, 0}}, Relevance::kAny);
  EXPECT_EQ(none.positive_pairs, 0);
  EXPECT_EQ(none.ratio, 1);
  EXPECT_EQ(none.all, 2);
  EXPECT_EQ(MeasureAlignment({}, 3, {0, 1, {}}, Relevance::kAny).all, 0);
}

TEST(AlignmentTest, RowsAreLimitedAndKeepTheirLabels) {
  // Of four rows two are taken, 0 and 2: the same point with the same label.
  const std::vector<float> z = {1, 0, 0, 1, 1, 0, 0, -1};
  const Alignment got =
      MeasureAlignment(z, 2, {4, 2, {1, 0, 0, 1, 1, 0, 0, 1}}, Relevance::kExact, 2);
  EXPECT_EQ(got.positive_pairs, 1);
  EXPECT_EQ(got.all, 0);
  EXPECT_EQ(
      MeasureAlignment(z, 2, {4, 2, {1, 0, 0, 1, 1, 0, 0, 1}}, Relevance::kExact).positive_pairs,
      2);
}

}  // namespace
}  // namespace lookbook
