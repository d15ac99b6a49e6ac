#include "client/render_json.h"

#include <nlohmann/json.hpp>

#include "base/reason.h"
#include "lookbook/v1/catalog.pb.h"
#include "tests/client/sample_replies.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

Json Parse(const QueryResult& query) {
  const auto line = QueryToJsonLine(query, SampleNames());
  EXPECT_THAT(line, IsOkAndHolds(Not(HasSubstr("\n"))));
  return Json::parse(*line);
}

TEST(QueryToJsonLineTest, HoldsTheReplyAndTheNames) {
  const Json json = Parse(SampleQuery());
  EXPECT_EQ(json["query"], "photos/look.jpg");
  EXPECT_EQ(json["bundle_id"], "bundle-1");
  EXPECT_EQ(json["neighbors"].size(), 2u);
  EXPECT_EQ(json["neighbors"][0]["item_id"], "train/1");
  EXPECT_EQ(json["neighbors"][0]["similarity"], 0.75);
  EXPECT_EQ(json["neighbors"][0]["class_ids"], Json({1, 2}));
  EXPECT_EQ(json["neighbors"][0]["class_names"], Json({"dress", "top, t-shirt"}));
  EXPECT_EQ(json["neighbors"][1]["uri"], "");  // Default values are written out.
  EXPECT_EQ(json["classes"][1]["predicted"], false);
  EXPECT_EQ(json["timings"]["total"], 0.0125);
  EXPECT_FALSE(json.contains("error"));
  EXPECT_FALSE(json.contains("true_class_ids"));
  EXPECT_FALSE(json["neighbors"][0].contains("jaccard"));
}

TEST(QueryToJsonLineTest, HoldsTheAttributeScores) {
  EXPECT_EQ(Parse(SampleQuery())["attributes"], Json::array());
  const Json attributes = Parse(SampleQueryWithAttributes())["attributes"];
  ASSERT_EQ(attributes.size(), 2u);
  EXPECT_EQ(attributes[0], Json({{"attribute_id", 7}, {"name", "red"}, {"score", 0.75}}));
  EXPECT_EQ(attributes[1]["name"], "striped");
}

TEST(QueryToJsonLineTest, AddsTheOverlapWithTrueLabels) {
  QueryResult query = SampleQuery();
  query.true_classes = {1};
  const Json json = Parse(query);
  EXPECT_EQ(json["true_class_ids"], Json::array({1}));
  EXPECT_EQ(json["neighbors"][0]["jaccard"], 0.5);
  EXPECT_EQ(json["neighbors"][1]["jaccard"], 0.0);
}

TEST(QueryToJsonLineTest, ProbabilityAndNoveltyStandThereWhenTheServerSaidThem) {
  QueryResult query = SampleQuery();
  EXPECT_FALSE(Parse(query)["neighbors"][0].contains("probability"));
  EXPECT_FALSE(Parse(query).contains("novel"));
  query.response.mutable_neighbors(0)->set_probability(0.5F);
  query.response.mutable_neighbors(1)->set_probability(0);
  query.response.set_novel(false);
  const Json json = Parse(query);
  EXPECT_EQ(json["neighbors"][0]["probability"], 0.5);
  EXPECT_EQ(json["neighbors"][1]["probability"], 0.0) << "a value, not an absence";
  EXPECT_EQ(json["novel"], false);
}

TEST(QueryToJsonLineTest, AFailureHasCodeReasonAndMessage) {
  const Json json =
      Parse({.name = "bad.jpg", .status = InvalidArgument("truncated", "cut \"off\"\n")});
  EXPECT_EQ(json, Json::parse(R"({"query": "bad.jpg", "error": {"code": "INVALID_ARGUMENT",
                                  "reason": "truncated", "message": "cut \"off\"\n"}})"));
}

TEST(QueryToJsonLineTest, FileNamesNeedNotBeUtf8) {
  QueryResult query = SampleQuery();
  query.name = "caf\xe9.jpg";
  EXPECT_EQ(Parse(query)["query"], "caf\xef\xbf\xbd.jpg");
}

TEST(MessageToJsonLineTest, UsesTheProtosFieldNames) {
  v1::GetItemResponse item;
  item.set_item_id("train/1");
  item.set_thumbnail("\xff\xd8");
  const auto line = MessageToJsonLine(item);
  ASSERT_THAT(line, IsOk());
  const Json json = Json::parse(*line);
  EXPECT_EQ(json["item_id"], "train/1");
  EXPECT_EQ(json["thumbnail"], "/9g=");
  EXPECT_EQ(json["class_ids"], Json::array());
}

}  // namespace
}  // namespace lookbook
