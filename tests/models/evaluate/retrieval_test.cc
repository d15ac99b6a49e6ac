#include "models/evaluate/retrieval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/models/evaluate/oracle.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

constexpr double kTolerance = 1e-9;

std::vector<float> UnitRows(std::vector<float> rows, int dim) {
  for (size_t start = 0; start < rows.size(); start += dim) {
    double square = 0;
    for (int j = 0; j < dim; ++j) square += static_cast<double>(rows[start + j]) * rows[start + j];
    for (int j = 0; j < dim; ++j)
      rows[start + j] = static_cast<float>(rows[start + j] / std::sqrt(square));
  }
  return rows;
}

TEST(RetrievalTest, LeaveOneOutMatchesTheReference) {
  const nlohmann::json oracle = ReadOracle();
  const nlohmann::json& want = oracle["retrieval_leave_one_out"];
  const LabelMatrix labels{.n = 6, .classes = 8, .values = Flat<uint8_t>(oracle["inputs"]["Y"])};
  const RetrievalResult got =
      EvaluateRetrieval(UnitRows(Flat<float>(oracle["inputs"]["X"]), 4), 4, labels);
  EXPECT_EQ(got.k, 5);
  EXPECT_EQ(got.top, Flat<int64_t>(want["ranks"]));
  const RuleMetrics& strict = got.metrics.rule(Relevance::kStrict);
  EXPECT_EQ(strict.queries, 5);
  EXPECT_EQ(strict.excluded, 1);
  EXPECT_NEAR(strict.recall_at_1, want["recall_at_1_gt3_over_queries_with_relevant"].get<double>(),
              kTolerance);
  EXPECT_NEAR(strict.map_at_r, want["map_at_R_gt3"].get<double>(), kTolerance);
  EXPECT_NEAR(got.metrics.rule(Relevance::kAny).map_at_r, want["map_at_R_any"].get<double>(),
              kTolerance);
}

TEST(RetrievalTest, RelevanceRules) {
  EXPECT_TRUE(IsRelevant(Relevance::kAny, 1, 0.1));
  EXPECT_FALSE(IsRelevant(Relevance::kAny, 0, 0));
  EXPECT_FALSE(IsRelevant(Relevance::kMoreThan2, 2, 1));
  EXPECT_TRUE(IsRelevant(Relevance::kMoreThan2, 3, 0.3));
  EXPECT_FALSE(IsRelevant(Relevance::kStrict, 3, 1));
  EXPECT_TRUE(IsRelevant(Relevance::kStrict, 4, 0.4));
  EXPECT_TRUE(IsRelevant(Relevance::kExact, 1, 1));
  EXPECT_FALSE(IsRelevant(Relevance::kExact, 4, 0.8));
  EXPECT_TRUE(IsRelevant(Relevance::kJaccard50, 1, 0.5));
  EXPECT_FALSE(IsRelevant(Relevance::kJaccard50, 4, 0.49));
}

TEST(RetrievalTest, TiesGoToTheLowerRow) {
  const LabelMatrix labels{.n = 4, .classes = 1, .values = {1, 1, 1, 1}};
  const std::vector<float> same = {1, 0, 1, 0, 1, 0, 1, 0};
  EXPECT_THAT(EvaluateRetrieval(same, 2, labels).top,
              ElementsAre(1, 2, 3, 0, 2, 3, 0, 1, 3, 0, 1, 2));
}

LabelMatrix RandomLabels(int n, int classes, uint32_t seed) {
  std::mt19937 random(seed);
  LabelMatrix labels{.n = n, .classes = classes};
  for (int i = 0; i < n * classes; ++i) labels.values.push_back(random() % 3 == 0);
  return labels;
}

// A second implementation over sets of columns, one query at a time.
TEST(RetrievalTest, EqualsThePlainLoopOnRandomData) {
  constexpr int kRows = 300, kDim = 8,
                kClasses = 70;  // More classes than one machine word; more rows than a block.
  const LabelMatrix labels = RandomLabels(kRows, kClasses, 11);
  std::mt19937 random(12);
  std::normal_distribution<float> normal;
  std::vector<float> vectors(kRows * kDim);
  for (float& value : vectors) value = normal(random);
  vectors = UnitRows(vectors, kDim);
  double p10 = 0, acg = 0, jaccard5 = 0;
  for (int q = 0; q < kRows; ++q) {
    std::vector<std::pair<double, int>> order;
    for (int i = 0; i < kRows; ++i) {
      double dot = 0;
      for (int j = 0; j < kDim; ++j)
        dot += static_cast<double>(vectors[q * kDim + j]) * vectors[i * kDim + j];
      if (i != q) order.emplace_back(-dot, i);
    }
    std::sort(order.begin(), order.end());
    for (int place = 0; place < 10; ++place) {
      int shared = 0, together = 0;
      for (int c = 0; c < kClasses; ++c) {
        shared += labels.at(q, c) && labels.at(order[place].second, c);
        together += labels.at(q, c) || labels.at(order[place].second, c);
      }
      p10 += shared > 3 ? 0.1 : 0;
      acg += shared / 10.0;
      if (place < 5) jaccard5 += static_cast<double>(shared) / together / 5;
    }
  }
  const RetrievalMetrics got = EvaluateRetrieval(vectors, kDim, labels).metrics;
  EXPECT_NEAR(got.rule(Relevance::kStrict).precision_at_10, p10 / kRows, kTolerance);
  EXPECT_NEAR(got.acg_at_10, acg / kRows, kTolerance);
  EXPECT_NEAR(got.mean_jaccard_at_5, jaccard5 / kRows, kTolerance);
}

TEST(PerQueryTest, MeansOfThePerQueryValuesAreTheMetrics) {
  constexpr int kRows = 40, kDim = 4;
  const LabelMatrix labels = RandomLabels(kRows, 9, 21);
  std::mt19937 random(22);
  std::normal_distribution<float> normal;
  std::vector<float> vectors(kRows * kDim);
  for (float& value : vectors) value = normal(random);
  const RetrievalResult got = EvaluateRetrieval(UnitRows(vectors, kDim), kDim, labels);
  ASSERT_EQ(got.queries.size(), static_cast<size_t>(kRows));
  const auto columns = PerQueryValues(got.queries);
  const auto mean = [&](const char* name) {
    double sum = 0;
    int count = 0;
    for (const double value : columns.at(name)) {
      if (std::isnan(value)) continue;
      sum += value;
      ++count;
    }
    return sum / count;
  };
  const RetrievalMetrics& m = got.metrics;
  EXPECT_NEAR(mean("recall_at_1"), m.rule(Relevance::kMoreThan2).recall_at_1, kTolerance);
  EXPECT_NEAR(mean("recall_at_1_strict"), m.rule(Relevance::kStrict).recall_at_1, kTolerance);
  EXPECT_NEAR(mean("recall_at_1_j50"), m.rule(Relevance::kJaccard50).recall_at_1, kTolerance);
  EXPECT_NEAR(mean("precision_at_10_any"), m.rule(Relevance::kAny).precision_at_10, kTolerance);
  EXPECT_NEAR(mean("map_at_r_j50"), m.rule(Relevance::kJaccard50).map_at_r, kTolerance);
  EXPECT_NEAR(mean("retrieval_map_j50"), m.rule(Relevance::kJaccard50).map, kTolerance);
  EXPECT_NEAR(mean("ndcg_at_10"), m.ndcg_at_10_shared, kTolerance);
  EXPECT_NEAR(mean("ndcg_at_10_jaccard"), m.ndcg_at_10_jaccard, kTolerance);
  EXPECT_NEAR(mean("ndcg_at_10_exp"), m.ndcg_at_10_exp, kTolerance);
  EXPECT_NEAR(mean("acg_at_10"), m.acg_at_10, kTolerance);
  EXPECT_NEAR(mean("wap_at_10"), m.wap_at_10, kTolerance);
  EXPECT_NEAR(mean("mean_jaccard_at_5"), m.mean_jaccard_at_5, kTolerance);
  EXPECT_EQ(columns.count("recall_at_1_exact"), 1u);
}

TEST(PerQueryTest, AQueryWithoutARelevantItemIsLeftOutNotZero) {
  // Row 2 shares nothing with the others.
  const LabelMatrix labels{.n = 3, .classes = 2, .values = {1, 0, 1, 0, 0, 1}};
  const RetrievalResult got = EvaluateRetrieval(std::vector<float>{1, 0, 1, 0, 0, 1}, 2, labels);
  const auto columns = PerQueryValues(got.queries);
  for (const char* name : {"recall_at_1_j50", "ndcg_at_10", "wap_at_10", "precision_at_10_any"}) {
    EXPECT_FALSE(std::isnan(columns.at(name)[0])) << name;
    EXPECT_TRUE(std::isnan(columns.at(name)[2])) << name;
  }
  EXPECT_EQ(columns.at("acg_at_10")[2], 0) << "over all queries";
  EXPECT_EQ(got.metrics.ndcg_excluded, 1);
}

}  // namespace
}  // namespace lookbook
