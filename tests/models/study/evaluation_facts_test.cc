#include "models/study/evaluation_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/evaluate/evaluation_text.h"
#include "models/evaluate/set_evaluation.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// Four images of two classes; a third class never occurs.
SetEvaluation Evaluated(bool tuned) {
  LabelSpace labels;
  labels.classes = {{7, "shirt", ""}, {9, "bag", ""}, {11, "hat", ""}};
  std::vector<ImageRecord> images(4);
  images[0].classes = {0};
  images[1].classes = {0, 1};
  images[2].classes = {0};
  images[3].classes = {1};
  SetOutputs outputs;
  outputs.dim = 2;
  outputs.vectors = {1, 0, 0.6f, 0.8f, 0.8f, 0.6f, 0, 1};
  outputs.scores = {0.9f, 0.1f, 0.1f, 0.8f, 0.7f, 0.1f, 0.4f, 0.6f, 0.1f, 0.2f, 0.9f, 0.1f};
  if (tuned) outputs.thresholds = {0.3f, 0.65f, 0.5f};
  return *EvaluateSet("holdout", labels, images, outputs);
}

TEST(EvaluationFactsTest, EveryFigureOfAnEvaluationComesBack) {
  const SetEvaluation evaluation = Evaluated(/*tuned=*/true);
  LB_ASSERT_OK_AND_ASSIGN(const EvaluationFacts facts,
                          ParseEvaluation(EvaluationToJson(evaluation)));
  EXPECT_EQ(facts.split, "holdout");
  EXPECT_EQ(facts.images, 4);
  const auto values = EvaluationValues(evaluation);
  ASSERT_EQ(facts.values.size(), values.size());
  for (const auto& [name, value] : values) {
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(ValueOf(facts.values, name), value) << name;
  }
  ASSERT_EQ(facts.classes.size(), 3u);
  EXPECT_EQ(facts.classes[0].id, 7u);
  EXPECT_EQ(facts.classes[0].support, 3);
  EXPECT_EQ(facts.classes[0].ap, evaluation.classification.ap[0]);
  EXPECT_EQ(facts.classes[1].f1, evaluation.classification.f1[1]);
  EXPECT_EQ(facts.classes[1].f1_tuned, evaluation.tuned->f1[1]);
  EXPECT_FLOAT_EQ(static_cast<float>(facts.classes[1].threshold), 0.65f);
  EXPECT_TRUE(std::isnan(facts.classes[2].ap)) << "no positive";
  ASSERT_EQ(facts.pairs.size(), 1u);
  EXPECT_EQ(facts.pairs[0].first, "shirt");
  EXPECT_EQ(facts.pairs[0].second, "bag");
  EXPECT_EQ(facts.pairs[0].images, 1);
  EXPECT_EQ(facts.pairs[0].both, 1) << "0.8 and 0.7";
  EXPECT_EQ(facts.pairs[0].first_alone + facts.pairs[0].second_alone + facts.pairs[0].neither, 0);
}

TEST(EvaluationFactsTest, ChanceStandsUnderTheNamesOfTheValues) {
  const SetEvaluation evaluation = Evaluated(/*tuned=*/false);
  LB_ASSERT_OK_AND_ASSIGN(const EvaluationFacts facts,
                          ParseEvaluation(EvaluationToJson(evaluation)));
  EXPECT_EQ(ValueOf(facts.random, "map"), evaluation.mean_prevalence);
  EXPECT_EQ(ValueOf(facts.random, "recall_at_1_exact"),
            evaluation.random.rule(Relevance::kExact).recall_at_1);
  EXPECT_EQ(ValueOf(facts.frequency, "map_at_r_j50"),
            evaluation.frequency.rule(Relevance::kJaccard50).map_at_r);
  EXPECT_EQ(ValueOf(facts.frequency, "mean_jaccard_at_5"), evaluation.frequency.mean_jaccard_at_5);
  for (const auto& [name, value] : facts.random) EXPECT_EQ(facts.values.count(name), 1u) << name;
  // Shirt on every image: precision 3/4, recall 1. Bag: 1/2 and 1. Hat: nothing.
  EXPECT_NEAR(ValueOf(facts.random, "f1_macro"), (6.0 / 7 + 2.0 / 3 + 0) / 3, 1e-12);
  EXPECT_TRUE(std::isnan(facts.classes[0].threshold)) << "the set may not judge thresholds";
}

TEST(EvaluationFactsTest, AnUnknownNameIsNotMeasured) {
  EXPECT_TRUE(std::isnan(ValueOf({{"map", 1}}, "speed")));
  EXPECT_EQ(ValueOf({{"map", 1}}, "map"), 1);
}

TEST(EvaluationFactsTest, OtherTextIsDataLoss) {
  EXPECT_THAT(ParseEvaluation("{"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ParseEvaluation("[]"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ParseEvaluation(R"({"split": "holdout", "images": 4})"),
              StatusIs(absl::StatusCode::kDataLoss, ::testing::HasSubstr("values")));
}

}  // namespace
}  // namespace lookbook
