#include "models/evaluate/diagnostics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/models/evaluate/oracle.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr double kTolerance = 1e-9;

std::vector<double> UnitRows(std::vector<double> rows, int dim) {
  for (size_t start = 0; start < rows.size(); start += dim) {
    double square = 0;
    for (int j = 0; j < dim; ++j) square += rows[start + j] * rows[start + j];
    for (int j = 0; j < dim; ++j) rows[start + j] /= std::sqrt(square);
  }
  return rows;
}

TEST(DiagnosticsTest, MatchesTheReference) {
  const nlohmann::json oracle = ReadOracle();
  const nlohmann::json& want = oracle["diagnostics"];
  const EmbeddingDiagnostics got =
      DiagnoseEmbeddings(UnitRows(Flat<double>(oracle["inputs"]["X"]), 4), 4);
  EXPECT_EQ(got.rows, 6);
  EXPECT_NEAR(got.std_sqrt_d, want["std_of_l2_normalised"].get<double>() * 2, kTolerance);
  EXPECT_NEAR(got.mean_cosine, want["mean_pairwise_cosine"].get<double>(), kTolerance);
  EXPECT_NEAR(got.mean_norm, want["norm_of_mean_embedding"].get<double>(), kTolerance);
  EXPECT_NEAR(got.uniformity, want["uniformity_t2"].get<double>(), kTolerance);
  EXPECT_NEAR(got.effective_rank, want["effective_rank_rankme"].get<double>(), kTolerance);
  EXPECT_NEAR(got.effective_rank_centered, want["effective_rank_centered"].get<double>(),
              kTolerance);
}

TEST(DiagnosticsTest, ConstantMapIsSeenAsCollapsed) {
  const nlohmann::json oracle = ReadOracle();
  std::vector<double> same;
  for (int i = 0; i < 6; ++i) same.insert(same.end(), {0.5, 0.5, 0.5, 0.5});
  const EmbeddingDiagnostics got = DiagnoseEmbeddings(same, 4);
  EXPECT_NEAR(got.std_sqrt_d, 0, kTolerance);
  EXPECT_NEAR(got.mean_cosine, 1, kTolerance);
  EXPECT_NEAR(got.uniformity, 0, kTolerance);
  EXPECT_NEAR(got.effective_rank,
              oracle["diagnostics"]["collapsed_reference"]["effective_rank"].get<double>(), 1e-7);
  EXPECT_NEAR(got.top1_share, 1, kTolerance);
}

TEST(DiagnosticsTest, EvenlySpreadVectorsAreHealthy) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> rows(512 * 16);
  for (double& value : rows) value = normal(random);
  const EmbeddingDiagnostics got = DiagnoseEmbeddings(UnitRows(rows, 16), 16);
  EXPECT_NEAR(got.std_sqrt_d, 1, 0.02);
  EXPECT_NEAR(got.mean_cosine, 0, 0.02);
  EXPECT_GT(got.effective_rank, 15.5);
  EXPECT_LT(got.top1_share, 0.1);
}

TEST(DiagnosticsTest, FloatsAgreeWithDoublesAndRowsAreLimited) {
  const nlohmann::json oracle = ReadOracle();
  const std::vector<double> rows = UnitRows(Flat<double>(oracle["inputs"]["X"]), 4);
  const std::vector<float> floats(rows.begin(), rows.end());
  EXPECT_NEAR(DiagnoseEmbeddings(floats, 4).std_sqrt_d, DiagnoseEmbeddings(rows, 4).std_sqrt_d,
              1e-6);
  EXPECT_EQ(DiagnoseEmbeddings(floats, 4, 3).rows, 3);
  EXPECT_EQ(DiagnoseEmbeddings(absl::Span<const float>(floats).first(4), 4).std_sqrt_d, 0);
}

TEST(HubnessTest, MatchesTheReference) {
  const nlohmann::json oracle = ReadOracle();
  const nlohmann::json& want = oracle["diagnostics"]["hubness_case"];
  const Hubness got = MeasureHubness(Flat<int64_t>(want["neighbours"]), want["k"].get<int>(), 7);
  EXPECT_THAT(got.occurrences, ElementsAreArray(want["k_occurrence"].get<std::vector<int64_t>>()));
  EXPECT_NEAR(got.skewness, want["skewness"].get<double>(), kTolerance);
  EXPECT_NEAR(got.max_share, want["max_share"].get<double>(), kTolerance);
  EXPECT_NEAR(got.anti_hub_share, want["anti_hub_fraction"].get<double>(), kTolerance);
  EXPECT_NEAR(got.robin_hood, want["robin_hood"].get<double>(), kTolerance);
  EXPECT_NEAR(got.distinct_share, 4.0 / 7.0, kTolerance);
}

TEST(HubnessTest, EvenListsHaveNoHub) {
  const Hubness got = MeasureHubness(std::vector<int64_t>{1, 2, 0}, 1, 3);
  EXPECT_THAT(got.occurrences, ElementsAre(1, 1, 1));
  EXPECT_EQ(got.skewness, 0);
  EXPECT_EQ(got.robin_hood, 0);
  EXPECT_EQ(got.distinct_share, 1);
}

TEST(LabelCollapseTest, CountsDistinctAndCommonestSets) {
  const std::vector<float> scores = {0.9f, 0.1f, 0.8f, 0.2f, 0.1f, 0.9f, 0.7f, 0.5f};
  const LabelCollapse got = MeasureLabelCollapse(scores, 2);
  EXPECT_EQ(got.distinct_sets, 0.5);   // {0} and {1}
  EXPECT_EQ(got.top_set_share, 0.75);  // {0} three times; 0.5 is not predicted.
  EXPECT_EQ(MeasureLabelCollapse({}, 2).distinct_sets, 0);
}

}  // namespace
}  // namespace lookbook
