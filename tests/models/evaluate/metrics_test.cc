#include "models/evaluate/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/models/evaluate/oracle.h"

namespace lookbook {
namespace {

constexpr double kTolerance = 1e-9;

LabelMatrix Labels(const nlohmann::json& target) {
  return {.n = static_cast<int64_t>(target.size()),
          .classes = static_cast<int>(target[0].size()),
          .values = Flat<uint8_t>(target)};
}

TEST(ClassificationMetricsTest, MatchesTorchmetricsAndScikitLearn) {
  const nlohmann::json oracle = ReadOracle();
  const nlohmann::json& want = oracle["classification_metrics"];
  const std::vector<float> scores = Flat<float>(want["probabilities"]);
  const ClassificationMetrics got =
      EvaluateClassification(scores, Labels(oracle["inputs"]["target"]));
  EXPECT_NEAR(got.map, want["map_over_classes_with_support"].get<double>(), kTolerance);
  EXPECT_NEAR(got.f1_macro, want["f1_macro_torchmetrics_absent_class_counts_0"].get<double>(),
              kTolerance);
  EXPECT_NEAR(got.f1_macro_supported, want["f1_macro_over_classes_with_support"].get<double>(),
              kTolerance);
  EXPECT_NEAR(got.f1_micro, want["f1_micro"].get<double>(), kTolerance);
  EXPECT_NEAR(got.f1_samples, want["f1_samples"].get<double>(), kTolerance);
  for (size_t j = 0; j < got.f1.size(); ++j) {
    EXPECT_NEAR(got.f1[j], want["f1_per_class"][j].get<double>(), kTolerance) << j;
    EXPECT_EQ(got.support[j], want["tp"][j].get<double>() + want["fn"][j].get<double>()) << j;
    if (got.support[j] == 0) continue;
    EXPECT_NEAR(got.ap[j], want["ap_per_class"][j].get<double>(), kTolerance) << j;
  }
  EXPECT_TRUE(std::isnan(got.ap[4])) << "no positive";
}

TEST(ClassificationMetricsTest, TiedScoresShareOneThreshold) {
  const nlohmann::json oracle = ReadOracle();
  const nlohmann::json& tie = oracle["classification_metrics"]["tie_case"];
  std::vector<float> scores;
  LabelMatrix labels{.n = 5, .classes = 1};
  for (size_t i = 0; i < 5; ++i) {
    scores.push_back(tie["scores"][i].get<float>());
    labels.values.push_back(tie["target"][i].get<uint8_t>());
  }
  EXPECT_NEAR(EvaluateClassification(scores, labels).ap[0], tie["ap"].get<double>(), kTolerance);
}

TEST(ClassificationMetricsTest, ProbabilityOfExactlyOneHalfIsNotPredicted) {
  const ClassificationMetrics got = EvaluateClassification(
      std::vector<float>{0.5f, 0.50001f}, {.n = 2, .classes = 1, .values = {1, 1}});
  EXPECT_NEAR(got.f1[0], 2.0 / 3.0, kTolerance);
}

TEST(ClassificationMetricsTest, EmptySetGivesZeros) {
  const ClassificationMetrics got =
      EvaluateClassification({}, {.n = 0, .classes = 2, .values = {}});
  EXPECT_EQ(got.map, 0);
  EXPECT_EQ(got.f1_micro, 0);
  EXPECT_EQ(got.f1_samples, 0);
}

// AP by its other definition: mean over positives of the precision at their (tie-inclusive) place.
double PlainAveragePrecision(const std::vector<float>& scores, const std::vector<uint8_t>& actual) {
  double sum = 0;
  int positives = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!actual[i]) continue;
    ++positives;
    int above = 0, hits = 0;
    for (size_t j = 0; j < scores.size(); ++j) {
      above += scores[j] >= scores[i];
      hits += scores[j] >= scores[i] && actual[j];
    }
    sum += static_cast<double>(hits) / above;
  }
  return sum / positives;
}

TEST(ClassificationMetricsTest, AveragePrecisionEqualsThePlainLoopOnRandomData) {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<float> scores(60);
    LabelMatrix labels{.n = 60, .classes = 1};
    for (float& score : scores) score = static_cast<float>(random() % 20) / 20;  // Many ties.
    for (int i = 0; i < 60; ++i) labels.values.push_back(random() % 3 == 0);
    labels.values[7] = 1;
    EXPECT_NEAR(EvaluateClassification(scores, labels).ap[0],
                PlainAveragePrecision(scores, labels.values), kTolerance);
  }
}

class RankedQueryTest : public ::testing::Test {
 protected:
  RankedQuery Query(const char* relevant, const char* gain) {
    RankedQuery query;
    for (const auto& value : want_[relevant]) query.relevant.push_back(value.get<uint8_t>());
    for (const auto& value : want_[gain]) query.gain.push_back(value.get<double>());
    return query;
  }
  double Want(const char* name) { return want_[name].get<double>(); }
  const nlohmann::json want_ = ReadOracle()["retrieval_metrics"];
};

TEST_F(RankedQueryTest, MatchesTorchmetricsAndScikitLearn) {
  const RankedQuery any = Query("relevant_any", "shared_with_query_in_rank_order");
  const RankedQuery strict = Query("relevant_gt3", "jaccard");
  EXPECT_NEAR(RecallAtK(any, 1), Want("hit_at_1_any"), kTolerance);
  EXPECT_NEAR(RecallAtK(strict, 1), Want("hit_at_1_gt3"), kTolerance);
  EXPECT_NEAR(RecallAtK(strict, 5), Want("hit_at_5_gt3"), kTolerance);
  EXPECT_NEAR(PrecisionAtK(any, 5), Want("precision_at_5_any"), kTolerance);
  EXPECT_NEAR(PrecisionAtK(strict, 5), Want("precision_at_5_gt3"), kTolerance);
  EXPECT_NEAR(AveragePrecisionAtK(any, 10), Want("ap_any"), kTolerance);
  EXPECT_NEAR(AveragePrecisionAtK(strict, 10), Want("ap_gt3"), kTolerance);
  EXPECT_NEAR(AveragePrecisionAtK(any, 5), Want("ap_at_5_any"), kTolerance);
  EXPECT_NEAR(MapAtR(any), Want("ap_at_R_any"), kTolerance);
  EXPECT_NEAR(MapAtR(strict), Want("ap_at_R_gt3"), kTolerance);
  EXPECT_NEAR(NdcgAtK(any, 5), Want("ndcg_at_5_linear_shared"), kTolerance);
  EXPECT_NEAR(NdcgAtK(any, 10), Want("ndcg_at_10_linear_shared"), kTolerance);
  EXPECT_NEAR(NdcgAtK(strict, 10), Want("ndcg_at_10_jaccard"), kTolerance);
}

TEST(RankedQueryEdgeTest, NothingRelevantGivesZero) {
  const RankedQuery query{.relevant = {0, 0}, .gain = {0, 0}};
  EXPECT_EQ(RecallAtK(query, 5), 0);
  EXPECT_EQ(MapAtR(query), 0);
  EXPECT_EQ(AveragePrecisionAtK(query, 5), 0);
  EXPECT_EQ(NdcgAtK(query, 5), 0);
}

TEST(RankedQueryEdgeTest, PlacesBeyondTheGalleryCountAsMisses) {
  const RankedQuery query{.relevant = {1, 1}, .gain = {1, 1}};
  EXPECT_EQ(PrecisionAtK(query, 10), 0.2);
  EXPECT_EQ(NdcgAtK(query, 10), 1);
  EXPECT_EQ(MapAtR(query), 1);
}

}  // namespace
}  // namespace lookbook
