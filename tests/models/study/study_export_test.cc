#include "models/study/study_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_split.h"
#include "tests/models/study/small_study.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(StudyExportTest, JsonHoldsEveryNumber) {
  const nlohmann::json json = nlohmann::json::parse(StudyToJson(SmallStudy()));
  EXPECT_EQ(json["queries"], 40);
  EXPECT_EQ(json["excluded_strict"], 30);
  ASSERT_THAT(json["rows"], SizeIs(5));
  const nlohmann::json& bce = json["rows"][2];
  EXPECT_EQ(bce["run"], "bce");
  EXPECT_EQ(bce["parameters"], 412345);
  EXPECT_EQ(bce["values"]["map"], 0.7);
  EXPECT_EQ(bce["intervals"]["map"], nlohmann::json({0.68, 0.72}));
  EXPECT_EQ(bce["classes"][1]["name"], "shirt|blouse");
  EXPECT_TRUE(json["rows"][1]["values"]["map"].is_null()) << "NaN";
  EXPECT_TRUE(json["rows"][3]["classes"][0]["ap"].is_null());
  EXPECT_THAT(json["rows"][4]["failure"].get<std::string>(), StartsWith("exit code 4"));
  ASSERT_THAT(json["pairs"], SizeIs(1));
  ASSERT_THAT(json["pairs"][0]["metrics"], SizeIs(2)) << "all, not the headlines alone";
  EXPECT_EQ(json["pairs"][0]["metrics"][0]["verdict"], "B is better");
}

// Names may come from anywhere; nlohmann's default is to throw.
TEST(StudyExportTest, TextThatIsNotUtf8DoesNotEndIt) {
  Study study = SmallStudy();
  study.rows[2].classes[0].name = "\xff";
  EXPECT_THAT(StudyToJson(study), HasSubstr("\xEF\xBF\xBD"));
}

TEST(StudyExportTest, ARunThatRepeatsAnotherNamesIt) {
  Study study = SmallStudy();
  study.rows.push_back({.run = "twin", .same_as = "bce"});
  EXPECT_EQ(nlohmann::json::parse(StudyToJson(study))["rows"][5]["same_as"], "bce");
  EXPECT_THAT(StudyToCsv(study), HasSubstr("\ntwin,0,,,,,0,0,0,,,bce,"));
}

TEST(StudyExportTest, CsvHasOneLineARowAndQuotesWhatNeedsIt) {
  std::string csv = StudyToCsv(SmallStudy());
  // The failure holds a line end; quoted, it is part of its cell.
  EXPECT_THAT(csv, HasSubstr("\"exit code 4: collapsed | twice\nred\""));
  EXPECT_THAT(csv, HasSubstr("\n\"supcon, \"\"J\"\"\",0,small_cnn,He,"));
  const std::vector<std::string> lines = absl::StrSplit(csv, '\n');
  const std::vector<std::string> header = absl::StrSplit(lines[0], ',');
  const std::vector<std::string> bce = absl::StrSplit(lines[3], ',');
  ASSERT_EQ(header.size(), bce.size());
  const auto cell = [&](const std::string& name) {
    const auto found = std::find(header.begin(), header.end(), name);
    return found == header.end() ? "none" : bce[found - header.begin()];
  };
  EXPECT_EQ(cell("run"), "bce");
  EXPECT_EQ(cell("map"), "0.7");
  EXPECT_EQ(cell("map_low"), "0.68");
  EXPECT_EQ(cell("map_high"), "0.72");
  EXPECT_EQ(cell("ndcg_at_10"), "") << "not measured";
  EXPECT_EQ(cell("peak_rss_bytes"), "536870912");
}

}  // namespace
}  // namespace lookbook
