#include "models/evaluate/evaluation_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

TEST(EvaluationTextTest, JsonHoldsValuesAndOneEntryAClass) {
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got,
                          EvaluateSet("test", Space(), Images(), Outputs()));
  const nlohmann::json json = nlohmann::json::parse(EvaluationToJson(got));
  EXPECT_EQ(json["split"], "test");
  EXPECT_EQ(json["values"]["map"], 1.0);
  EXPECT_EQ(json["classes"].size(), 3u);
  EXPECT_EQ(json["classes"][0]["name"], "dress");
  EXPECT_EQ(json["classes"][0]["support"], 2);
  EXPECT_TRUE(json["classes"][2]["ap"].is_null()) << "no positive: not a number";
  EXPECT_EQ(json["retrieval"]["relevance"]["exact"]["excluded"], 1);
  EXPECT_TRUE(json["chance"]["random"]["relevance"].contains("shared>2"));
}

TEST(EvaluationTextTest, PairsAreNamedByTheIdsOfTheirClasses) {
  std::vector<ImageRecord> images = Images();
  images[1].classes = {0, 1};
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got, EvaluateSet("test", Space(), images, Outputs()));
  const nlohmann::json pairs = nlohmann::json::parse(EvaluationToJson(got))["pairs"];
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(pairs[0]["first"], 3);
  EXPECT_EQ(pairs[0]["second"], 7);
  EXPECT_EQ(pairs[0]["images"], 1);
  EXPECT_EQ(pairs[0]["first_alone"], 1);
  EXPECT_EQ(pairs[0]["both"], 0);
}

TEST(EvaluationTextTest, TunedThresholdsStandBesideTheirClass) {
  SetOutputs outputs = Outputs();
  outputs.thresholds = {0.25f, 0.5f, 0.75f};
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got, EvaluateSet("test", Space(), Images(), outputs));
  const nlohmann::json json = nlohmann::json::parse(EvaluationToJson(got));
  EXPECT_EQ(json["classes"][2]["threshold"], 0.75);
  EXPECT_EQ(json["classes"][0]["f1_tuned"].get<double>(), got.tuned->f1[0]);
  EXPECT_THAT(EvaluationTable(got), HasSubstr("F1 macro, tuned thresholds"));
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation plain,
                          EvaluateSet("test", Space(), Images(), Outputs()));
  EXPECT_FALSE(nlohmann::json::parse(EvaluationToJson(plain))["classes"][0].contains("f1_tuned"));
  EXPECT_THAT(EvaluationTable(plain), Not(HasSubstr("tuned")));
}

TEST(EvaluationTextTest, AGalleryHasItsOwnBlockAndRows) {
  const Gallery gallery{.ids = {"x", "c"},
                        .vectors = {1, 0, 0, 1},
                        .labels = {.n = 2, .classes = 3, .values = {1, 0, 0, 0, 1, 0}}};
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got,
                          EvaluateSet("test", Space(), Images(), Outputs(), &gallery));
  const nlohmann::json json = nlohmann::json::parse(EvaluationToJson(got));
  EXPECT_EQ(json["gallery"]["items"], 2);
  EXPECT_EQ(json["gallery"]["own_items"], 1);
  EXPECT_EQ(json["gallery"]["relevance"]["exact"]["recall_at_1"], 1.0);
  EXPECT_EQ(json["values"]["gallery_recall_at_1_exact"], 1.0);
  EXPECT_EQ(json["values"]["top1_accuracy"], 1.0);
  EXPECT_NEAR(json["values"]["knn_accuracy"].get<double>(), 2.0 / 3, 1e-12) << "c has no shoe left";
  const std::string table = EvaluationTable(got);
  for (const char* text : {"against 2 items of the index", "accuracy, highest score        1.0000",
                           "accuracy, 5 nearest items      0.6667"}) {
    EXPECT_THAT(table, HasSubstr(text));
  }
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation plain,
                          EvaluateSet("test", Space(), Images(), Outputs()));
  EXPECT_FALSE(nlohmann::json::parse(EvaluationToJson(plain)).contains("gallery"));
  EXPECT_THAT(EvaluationTable(plain), Not(HasSubstr("of the index")));
}

TEST(EvaluationTextTest, TableNamesClassesAndHeadlines) {
  LB_ASSERT_OK_AND_ASSIGN(const SetEvaluation got,
                          EvaluateSet("test", Space(), Images(), Outputs()));
  const std::string table = EvaluationTable(got);
  for (const char* text : {"test: 3 images", "mAP", "nDCG@10", "dress", "std*sqrt(D)", "|mean| 0.8",
                           "Robin Hood", "alignment unknown", "mAP of attributes"}) {
    EXPECT_THAT(table, HasSubstr(text));
  }
}

}  // namespace
}  // namespace lookbook
