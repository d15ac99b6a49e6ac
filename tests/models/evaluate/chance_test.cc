#include "models/evaluate/chance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lookbook {
namespace {

constexpr double kTolerance = 1e-9;

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
  double recall = 0, map_at_r = 0, ndcg = 0, map = 0, ndcg_exp = 0;
  int queries = 0;
  for (int q = 0; q < kRows; ++q) {
    std::vector<int> order;
    for (int i = 0; i < kRows; ++i) {
      if (i != q) order.push_back(i);
    }
    double r = 0, m = 0, g = 0, ap = 0, e = 0;
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
      ap += AveragePrecision(query);
      query.gain = ExponentialGain(query.gain);
      e += NdcgAtK(query, 10);
      ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    if (!any) continue;
    ++queries;
    recall += r / orders;
    map_at_r += m / orders;
    ndcg += g / orders;
    map += ap / orders;
    ndcg_exp += e / orders;
  }
  const RetrievalMetrics got = ExpectedAtRandom(labels);
  EXPECT_EQ(got.rule(Relevance::kAny).queries, queries);
  EXPECT_EQ(got.ndcg_excluded, kRows - queries);
  EXPECT_NEAR(got.rule(Relevance::kAny).recall_at_1, recall / queries, kTolerance);
  EXPECT_NEAR(got.rule(Relevance::kAny).map_at_r, map_at_r / queries, kTolerance);
  EXPECT_NEAR(got.ndcg_at_10_shared, ndcg / queries, kTolerance);
  EXPECT_NEAR(got.rule(Relevance::kAny).map, map / queries, kTolerance);
  EXPECT_NEAR(got.ndcg_at_10_exp, ndcg_exp / queries, kTolerance);
  EXPECT_TRUE(std::isnan(got.wap_at_10)) << "it has no closed form";
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
