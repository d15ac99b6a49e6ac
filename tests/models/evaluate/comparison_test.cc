#include "models/evaluate/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kImages = 60, kClasses = 3, kDim = 3;

// A model whose embedding and scores are the labels behind noise of that strength.
RunOutputs MakeRun(const std::string& name, float noise, uint32_t seed) {
  std::mt19937 labels_of(1), random(seed);
  std::normal_distribution<float> normal(0, noise);
  RunOutputs out{.name = name};
  out.labels = {.n = kImages, .classes = kClasses};
  std::vector<float> vectors;
  for (int i = 0; i < kImages; ++i) {
    out.image_ids.push_back(absl::StrCat("image ", i));
    float square = 0;
    for (int j = 0; j < kClasses; ++j) {
      out.labels.values.push_back(j == i % kClasses || labels_of() % 4 == 0);
      out.scores.push_back(0.5F * static_cast<float>(out.labels.values.back()) + 0.25F +
                           0.3F * normal(random));
      vectors.push_back(static_cast<float>(out.labels.values.back()) + normal(random) + 0.01F);
      square += vectors.back() * vectors.back();
    }
    for (int j = 0; j < kDim; ++j) vectors[i * kDim + j] /= std::sqrt(square);
  }
  out.queries = EvaluateRetrieval(vectors, kDim, out.labels).queries;
  return out;
}

const PairedDifference& Of(const Comparison& comparison, const std::string& metric) {
  for (const MetricComparison& entry : comparison.metrics) {
    if (entry.metric == metric) return entry.result;
  }
  ADD_FAILURE() << "no metric " << metric;
  static const PairedDifference none;
  return none;
}

TEST(ComparisonTest, ValuesAreThoseOfTheRunsAndABetterRunIsSeen) {
  const RunOutputs good = MakeRun("good", 0.1F, 2), poor = MakeRun("poor", 1.5F, 3);
  LB_ASSERT_OK_AND_ASSIGN(const Comparison got, CompareRuns("test", poor, good));
  EXPECT_EQ(got.queries, kImages);
  const RetrievalMetrics of_good = Summarize(good.queries), of_poor = Summarize(poor.queries);
  EXPECT_NEAR(Of(got, "ndcg_at_10").a, of_poor.ndcg_at_10_shared, 1e-12);
  EXPECT_NEAR(Of(got, "ndcg_at_10").b, of_good.ndcg_at_10_shared, 1e-12);
  EXPECT_NEAR(Of(got, "map").b, EvaluateClassification(good.scores, good.labels).map, 1e-12);
  EXPECT_NEAR(Of(got, "f1_macro").a, EvaluateClassification(poor.scores, poor.labels).f1_macro,
              1e-12);
  for (const char* metric : {"map", "ndcg_at_10", "mean_jaccard_at_5"}) {
    EXPECT_GT(Of(got, metric).difference.low, 0) << metric;
    EXPECT_LT(Of(got, metric).p, 0.05) << metric;
  }
}

TEST(ComparisonTest, ARunDoesNotDifferFromItself) {
  const RunOutputs run = MakeRun("one", 0.5F, 4);
  LB_ASSERT_OK_AND_ASSIGN(const Comparison got, CompareRuns("test", run, run));
  for (const MetricComparison& metric : got.metrics) {
    EXPECT_EQ(metric.result.difference.value, 0) << metric.metric;
    EXPECT_EQ(metric.result.p, 1) << metric.metric;
  }
}

TEST(ComparisonTest, TunedF1NeedsThresholdsOfBoth) {
  RunOutputs a = MakeRun("a", 0.5F, 5), b = MakeRun("b", 0.5F, 6);
  a.thresholds = {0.4F, 0.4F, 0.4F};
  LB_ASSERT_OK_AND_ASSIGN(const Comparison one, CompareRuns("test", a, b));
  EXPECT_THAT(ComparisonTable(one), Not(HasSubstr("f1_macro_tuned")));
  b.thresholds = {0.6F, 0.6F, 0.6F};
  LB_ASSERT_OK_AND_ASSIGN(const Comparison both, CompareRuns("test", a, b));
  EXPECT_NEAR(Of(both, "f1_macro_tuned").b,
              EvaluateClassification(b.scores, b.labels, b.thresholds).f1_macro, 1e-12);
}

TEST(ComparisonTest, OtherImagesAreRefusedAndNamed) {
  const RunOutputs a = MakeRun("first", 0.5F, 5);
  RunOutputs b = MakeRun("second", 0.5F, 6);
  b.image_ids[7] = "another";
  EXPECT_THAT(CompareRuns("test", a, b),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("query 7 is image 7 for first but another for second")));
  b = a;
  b.image_ids.pop_back();
  EXPECT_THAT(CompareRuns("test", a, b),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nothing")));
  EXPECT_THAT(CompareRuns("test", {}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no image")));
}

TEST(ComparisonTest, TextAndJsonSayTheSame) {
  const RunOutputs good = MakeRun("good", 0.1F, 2), poor = MakeRun("poor", 1.5F, 3);
  LB_ASSERT_OK_AND_ASSIGN(const Comparison got,
                          CompareRuns("holdout", poor, good, {.resamples = 200}));
  const std::string table = ComparisonTable(got);
  EXPECT_THAT(table, HasSubstr("A  poor\nB  good\nholdout: 60 queries, 200 resamples\n"));
  EXPECT_THAT(table, HasSubstr("95 % interval"));
  EXPECT_THAT(table, HasSubstr(" *\n"));
  // The star is the claim: of the interval, not of a p of its own.
  Comparison one = got;
  one.metrics = {{"map", {.a = 0.4, .b = 0.5, .difference = {0.1, -0.01, 0.2}, .p = 0.04}}};
  EXPECT_THAT(ComparisonTable(one), Not(HasSubstr("*")));
  one.metrics = {{"map", {.a = 0.5, .b = 0.4, .difference = {-0.1, -0.2, -0.01}, .p = 0.04}}};
  EXPECT_THAT(ComparisonTable(one), HasSubstr(" *\n"));
  const nlohmann::json json = nlohmann::json::parse(ComparisonToJson(got));
  EXPECT_EQ(json["resamples"], 200);
  EXPECT_EQ(json["metrics"].size(), got.metrics.size());
  EXPECT_EQ(json["metrics"][0]["metric"], "map");
  EXPECT_EQ(json["metrics"][0]["low"].get<double>(), got.metrics[0].result.difference.low);
}

}  // namespace
}  // namespace lookbook
