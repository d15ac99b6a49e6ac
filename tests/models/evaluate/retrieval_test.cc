#include "models/evaluate/retrieval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
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

// The closed forms against the mean over all 5! orders of every query.
TEST(ChanceTest, ExpectationEqualsTheMeanOverAllOrders) {
  constexpr int kRows = 6;
  LabelMatrix labels{.n = kRows, .classes = 4, .values = {1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0,
                                                          1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}};
  const auto shared = [&](int a, int b) {
    int s = 0;
    for (int c = 0; c < 4; ++c) s += labels.at(a, c) && labels.at(b, c);
    return s;
  };
  double recall = 0, map_at_r = 0, ndcg = 0;
  int queries = 0;
  for (int q = 0; q < kRows; ++q) {
    std::vector<int> order;
    for (int i = 0; i < kRows; ++i) {
      if (i != q) order.push_back(i);
    }
    double r = 0, m = 0, g = 0;
    int orders = 0;
    bool any = false;
    do {
      RankedQuery query;
      for (const int i : order) {
        query.relevant.push_back(shared(q, i) > 0);
        query.gain.push_back(shared(q, i));
        any = any || shared(q, i) > 0;
      }
      r += RecallAtK(query, 1);
      m += MapAtR(query);
      g += NdcgAtK(query, 10);
      ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    if (!any) continue;
    ++queries;
    recall += r / orders;
    map_at_r += m / orders;
    ndcg += g / orders;
  }
  const RetrievalMetrics got = ExpectedAtRandom(labels);
  EXPECT_EQ(got.rule(Relevance::kAny).queries, queries);
  EXPECT_EQ(got.ndcg_excluded, kRows - queries);
  EXPECT_NEAR(got.rule(Relevance::kAny).recall_at_1, recall / queries, kTolerance);
  EXPECT_NEAR(got.rule(Relevance::kAny).map_at_r, map_at_r / queries, kTolerance);
  EXPECT_NEAR(got.ndcg_at_10_shared, ndcg / queries, kTolerance);
}

TEST(ChanceTest, LabelFrequencyPutsTheCommonestFirst) {
  // Class 0 is everywhere but in row 3; rows 0 and 1 carry it with the second commonest.
  const LabelMatrix labels{.n = 4, .classes = 3, .values = {1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1}};
  const RetrievalMetrics got = RankByLabelFrequency(labels);
  // First answers: 1, 0, 0, 0; only row 3 has nothing in common with its first, and it has no
  // partner at all.
  EXPECT_EQ(got.rule(Relevance::kAny).excluded, 1);
  EXPECT_EQ(got.rule(Relevance::kAny).recall_at_1, 1);
  EXPECT_EQ(got.rule(Relevance::kExact).queries, 2);
  EXPECT_EQ(got.rule(Relevance::kExact).recall_at_1, 1);
}

}  // namespace
}  // namespace lookbook
