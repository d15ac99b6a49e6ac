#include "models/explore/explore_json.h"

#include "nlohmann/json.hpp"
#include "tests/models/explore/small_set.h"

namespace lookbook {
namespace {

using Json = nlohmann::json;

class ExploreJsonTest : public ::testing::Test {
 protected:
  Json Run(bool hashes = true) {
    ExploreOptions options;
    options.root = set_.path();
    options.split = "all";
    options.hashes = hashes;
    const absl::StatusOr<Exploration> explored = Explore(options);
    EXPECT_THAT(explored, IsOk());
    return Json::parse(ExplorationToJson(*explored));
  }
  SmallSet set_;
};

TEST_F(ExploreJsonTest, HoldsEveryNumber) {
  const Json json = Run();
  EXPECT_EQ(json["labelled"], 4);
  EXPECT_EQ(json["unlabelled"], 2);
  EXPECT_EQ(json["unlisted"], 1);
  EXPECT_EQ(json["rows"], 6);
  EXPECT_EQ(json["parts"][0],
            (Json{{"name", "train"}, {"labelled", true}, {"images", 4}, {"unreadable", 0}}));
  const Json& labels = json["labels"];
  EXPECT_EQ(labels["classes_per_image"], Json({0, 2, 2}));
  EXPECT_EQ(labels["classes"][0], (Json{{"id", 6}, {"name", "pants"}, {"images", 3}, {"rows", 3}}));
  EXPECT_EQ(labels["attributes"][1], (Json{{"id", 5}, {"name", "dotted"}, {"images", 1}}));
  EXPECT_EQ(labels["class_class"], Json({{3, 2, 0}, {2, 2, 0}, {0, 0, 1}}));
  EXPECT_EQ(labels["class_attribute"][0], Json({2, 1}));
  EXPECT_EQ(json["pairs"]["by_shared"], Json({3, 2, 1, 0}));
  EXPECT_EQ(json["pairs"]["share_none"], 0.5);
  EXPECT_EQ(json["pairs"]["images_with_above"], Json({3, 2, 0, 0}));
  EXPECT_EQ(json["sizes"]["largest"][0]["width"], 400);
  EXPECT_EQ(json["sizes"]["commonest"]["images"], 4);
  EXPECT_EQ(json["near_duplicates"]["across"], 1);
  EXPECT_EQ(json["near_duplicates"]["by_parts"], Json({{1, 1}, {0, 0}}));
  EXPECT_EQ(json["near_duplicates"]["across_pairs"][0]["parts"], Json({"train", "unlabelled"}));
  EXPECT_GT(json["seconds"]["labels"].get<double>(), 0);
  EXPECT_TRUE(json["issues"].empty());
}

TEST_F(ExploreJsonTest, EveryProblemHasItsPlace) {
  std::string rows = SmallSet::Rows();
  for (int i = 0; i < 30; ++i) rows += "a,9 9,30,40,77,\n";
  set_.WriteRows(rows);
  const Json issue = Run()["issues"][0];
  EXPECT_EQ(issue["count"], 30);
  ASSERT_EQ(issue["examples"].size(), 30u);
  EXPECT_EQ(issue["examples"][29], "train.csv:37: 77");
}

TEST_F(ExploreJsonTest, ProblemsComeWithCountAndPlaces) {
  set_.WriteRows(SmallSet::Rows() + "a,9 9,30,40,77,\nb,9 9\n");
  const Json issues = Run()["issues"];
  ASSERT_EQ(issues.size(), 2u);
  EXPECT_EQ(issues[0],
            (Json{{"what", "unknown class id"}, {"count", 1}, {"examples", {"train.csv:8: 77"}}}));
  EXPECT_EQ(issues[1]["what"], "malformed row");
}

TEST_F(ExploreJsonTest, WhatWasNotLookedForIsNull) {
  EXPECT_TRUE(Run(false)["near_duplicates"].is_null());
}

TEST_F(ExploreJsonTest, BytesThatAreNotUtf8AreRepaired) {
  set_.WriteRows(SmallSet::Rows() + "a,9 9,30,40,\xFF\xFE,\n");
  EXPECT_EQ(Run()["issues"][0]["what"], "malformed row");
}

}  // namespace
}  // namespace lookbook
