#include "models/evaluate/set_evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

LabelSpace Space() {
  return {.classes = {{3, "dress", "body"}, {7, "shoe", "feet"}, {9, "hat", "head"}},
          .attributes = {{1, "red", "colour"}}};
}

std::vector<ImageRecord> Images() {
  return {{.id = "a", .classes = {0}, .attributes = {0}, .attributes_known = true},
          {.id = "b", .classes = {0}, .attributes_known = false},
          {.id = "c", .classes = {1}, .attributes = {}, .attributes_known = true}};
}

SetOutputs Outputs() {
  return {.dim = 2,
          .vectors = {1, 0, 0.8f, 0.6f, 0, 1},
          .scores = {0.9f, 0.1f, 0.1f, 0.8f, 0.2f, 0.1f, 0.3f, 0.7f, 0.1f},
          .attribute_scores = {0.9f, 0.99f, 0.2f}};
}

TEST(SetEvaluationTest, MeasuresEverySide) {
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got,
                          EvaluateSet("test", Space(), Images(), Outputs()));
  EXPECT_EQ(got.images, 3);
  EXPECT_EQ(got.classification.map, 1);
  EXPECT_NEAR(got.classification.f1_macro, 2.0 / 3.0, 1e-12);  // The hat is absent.
  EXPECT_NEAR(got.mean_prevalence, 0.5, 1e-12);                // (2/3 + 1/3) / 2
  EXPECT_EQ(got.attribute_images, 2);  // "b" is unknown: its 0.99 does not count.
  ASSERT_TRUE(got.attributes.has_value());
  EXPECT_EQ(got.attributes->map, 1);
  EXPECT_EQ(got.attributes->f1_macro, 1);
  EXPECT_EQ(got.retrieval.rule(Relevance::kExact).recall_at_1, 1);
  EXPECT_EQ(got.retrieval.rule(Relevance::kExact).excluded, 1);
  EXPECT_EQ(got.diagnostics.rows, 3);
  const std::map<std::string, double> values = EvaluationValues(got);
  EXPECT_EQ(values.at("map"), got.classification.map);
  EXPECT_EQ(values.at("std_sqrt_d"), got.diagnostics.std_sqrt_d);
  EXPECT_EQ(values.at("mean_norm"), got.diagnostics.mean_norm);
  EXPECT_GT(values.at("mean_norm"), 0);
  EXPECT_EQ(values.at("robin_hood"), got.hubness.robin_hood);
  EXPECT_EQ(values.at("attribute_map"), 1);
  EXPECT_EQ(values.count("alignment"), 0u) << "no two images share three classes";
}

TEST(SetEvaluationTest, AlignmentIsThatOfPicturesWithThreeSharedClasses) {
  std::vector<ImageRecord> images = Images();
  images[0].classes = images[1].classes = {0, 1, 2};
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got, EvaluateSet("test", Space(), images, Outputs()));
  const std::map<std::string, double> values = EvaluationValues(got);
  EXPECT_NEAR(values.at("alignment"), 0.4, 1e-6);  // |(1, 0) - (0.8, 0.6)|^2
  EXPECT_NEAR(values.at("alignment_ratio"), 0.4 / ((0.4 + 2 + 0.8) / 3), 1e-6);
}

TEST(SetEvaluationTest, RefusesOutputsThatDoNotFit) {
  SetOutputs outputs = Outputs();
  outputs.scores.pop_back();
  EXPECT_THAT(
      EvaluateSet("test", Space(), Images(), outputs),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("scores: 8 values for 3 images")));
  EXPECT_THAT(EvaluateSet("test", Space(), {}, Outputs()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no image")));
}

TEST(SetEvaluationTest, TunedThresholdsAreMeasuredBesideOneHalf) {
  SetOutputs outputs = Outputs();
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation plain,
                          EvaluateSet("test", Space(), Images(), outputs));
  EXPECT_FALSE(plain.tuned.has_value());
  EXPECT_EQ(EvaluationValues(plain).count("f1_macro_tuned"), 0u);
  outputs.thresholds = {0.85f, 0.5f, 0.5f};  // The second dress, 0.8, is missed.
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got, EvaluateSet("test", Space(), Images(), outputs));
  ASSERT_TRUE(got.tuned.has_value());
  EXPECT_NEAR(got.tuned->f1[0], 2.0 / 3.0, 1e-12);
  EXPECT_EQ(got.classification.f1[0], 1) << "at 0.5, as before";
  EXPECT_EQ(EvaluationValues(got).at("f1_macro_tuned"), got.tuned->f1_macro);
  EXPECT_EQ(got.queries.size(), 3u);
  outputs.thresholds.pop_back();
  EXPECT_THAT(EvaluateSet("test", Space(), Images(), outputs),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("thresholds: 2 values")));
}

TEST(SetEvaluationTest, AccuracyIsForSetsOfOneClassAnImage) {
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got,
                          EvaluateSet("test", Space(), Images(), Outputs()));
  EXPECT_EQ(EvaluationValues(got).at("top1_accuracy"), 1);
  EXPECT_EQ(EvaluationValues(got).count("knn_accuracy"), 0u) << "there is no gallery";
  std::vector<ImageRecord> images = Images();
  images[1].classes = {0, 2};
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation several,
                          EvaluateSet("test", Space(), images, Outputs()));
  EXPECT_EQ(EvaluationValues(several).count("top1_accuracy"), 0u);
}

TEST(SetEvaluationTest, AGalleryIsMeasuredBesideTheSetItself) {
  Gallery gallery{.ids = {"x", "c", "y"},
                  .vectors = {0.6f, 0.8f, 0, 1, 1, 0},
                  .labels = {.n = 3, .classes = 3, .values = {0, 1, 0, 0, 1, 0, 1, 0, 0}}};
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation plain,
                          EvaluateSet("test", Space(), Images(), Outputs()));
  EXPECT_EQ(EvaluationValues(plain).count("gallery_recall_at_1"), 0u);
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got,
                          EvaluateSet("test", Space(), Images(), Outputs(), &gallery));
  ASSERT_TRUE(got.gallery.has_value());
  EXPECT_EQ(got.gallery->own_items, 1) << "image c is in the gallery";
  const std::map<std::string, double> values = EvaluationValues(got);
  // a finds y first; b (0.8, 0.6) finds x, a shoe, at 0.96; c without itself finds x.
  EXPECT_NEAR(values.at("gallery_recall_at_1_exact"), 2.0 / 3, 1e-12);
  EXPECT_EQ(values.at("gallery_queries_excluded"), 3) << "nobody shares three classes";
  // Two items vote, as many as c is left with: the nearer one decides.
  EXPECT_NEAR(values.at("knn_accuracy"), 2.0 / 3, 1e-12);
  EXPECT_EQ(values.at("map_at_r_j50"), EvaluationValues(plain).at("map_at_r_j50"));
  gallery.vectors.pop_back();
  EXPECT_THAT(EvaluateSet("test", Space(), Images(), Outputs(), &gallery),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("gallery")));
}

TEST(SetEvaluationTest, ModelWithoutAttributesHasNoAttributeValues) {
  SetOutputs outputs = Outputs();
  outputs.attribute_scores.clear();
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got, EvaluateSet("test", Space(), Images(), outputs));
  EXPECT_FALSE(got.attributes.has_value());
  EXPECT_EQ(EvaluationValues(got).count("attribute_map"), 0u);
}

}  // namespace
}  // namespace lookbook
