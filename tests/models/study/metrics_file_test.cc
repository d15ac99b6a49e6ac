#include "models/study/metrics_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_split.h"
#include "tests/models/study/small_run.h"

namespace lookbook {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

std::vector<std::string> Lines(const std::string& text) { return absl::StrSplit(text, '\n'); }

TEST(MetricsFileTest, JsonHasEveryFigureAndNullWhereNothingWasMeasured) {
  const RunStudy run = SmallRun();
  const Json json = Json::parse(MetricsToJson(run));
  EXPECT_EQ(json["recipe"], "small");
  EXPECT_EQ(json["state"], "published");
  EXPECT_EQ(json["split"], "holdout");
  EXPECT_EQ(json["values"].size(), run.evaluation->values.size());
  EXPECT_EQ(json["values"]["map"], 0.625);
  EXPECT_TRUE(json["values"]["wap_at_10"].is_null());
  EXPECT_EQ(json["chance"]["label_frequency"]["recall_at_1"], 0.0875);
  ASSERT_EQ(json["classes"].size(), 3u);
  EXPECT_EQ(json["classes"][1]["name"], "bag");
  EXPECT_EQ(json["classes"][1]["f1_tuned"], 0.225);
  EXPECT_TRUE(json["classes"][2]["ap"].is_null());
  EXPECT_EQ(json["calibration"]["ece_after"], 0.0375);
  EXPECT_EQ(json["calibration"]["ece_first"], 0.15625) << "(10 · 0.25 + 30 · 0.125) / 40";
  EXPECT_EQ(json["calibration"]["predicted_first"], 0.6875);
  EXPECT_EQ(json["calibration"]["observed_first"], 0.53125);
  EXPECT_NEAR(json["calibration"]["predicted"], 0.45, 1e-12);
  EXPECT_NEAR(json["calibration"]["observed"], 0.45, 1e-12);
  EXPECT_EQ(json["training"]["train_sample_map"], 0.6);
  EXPECT_EQ(json["training"]["health"], "green");
  EXPECT_EQ(json["neighbors"]["mean_jaccard_at_5"], 0.5625);
}

TEST(MetricsFileTest, CsvHasOneFigureALine) {
  const std::vector<std::string> lines = Lines(MetricsToCsv(SmallRun()));
  EXPECT_EQ(lines.front(), "scope,name,metric,value");
  EXPECT_EQ(lines.back(), "") << "the last line ends";
  for (const char* line :
       {"set,holdout,map,0.625", "set,holdout,wap_at_10,", "chance,random,recall_at_1,0.0375",
        "chance,label_frequency,map,0.1625", "class,shirt,support,60", "class,hat,ap,",
        "class,bag,threshold,0.25", "calibration,validation,ece_before,0.4125",
        "training,small,seconds,90", "neighbors,holdout,mean_jaccard_at_5,0.5625"}) {
    EXPECT_THAT(lines, Contains(line));
  }
  for (size_t i = 0; i + 1 < lines.size(); ++i)
    EXPECT_EQ(std::count(lines[i].begin(), lines[i].end(), ','), 3) << lines[i];
}

TEST(MetricsFileTest, FiguresOfTrainingImagesAreNotCalledValidation) {
  RunStudy run = SmallRun();
  const Json with = Json::parse(MetricsToJson(run))["training"];
  EXPECT_EQ(with["part"], "validation");
  EXPECT_EQ(with["validation_map"], 0.5);
  run.history.back().validation.part = "train sample";
  run.history.back().train.reset();
  const Json without = Json::parse(MetricsToJson(run))["training"];
  EXPECT_EQ(without["part"], "train sample");
  EXPECT_EQ(without["train_sample_map"], 0.5);
  EXPECT_TRUE(without.contains("train_sample_loss"));
  EXPECT_FALSE(without.contains("validation_map"));
  EXPECT_THAT(MetricsToCsv(run), HasSubstr("training,small,train_sample_map,0.5\n"));
  EXPECT_THAT(MetricsToCsv(run), Not(HasSubstr("validation_")));
}

TEST(MetricsFileTest, NamesWithCommasAndQuotesStayOneField) {
  RunStudy run = SmallRun();
  run.evaluation->classes[0].name = "top, \"t-shirt\"";
  EXPECT_THAT(Lines(MetricsToCsv(run)), Contains("class,\"top, \"\"t-shirt\"\"\",support,60"));
}

TEST(MetricsFileTest, WhatIsNotUtf8IsRepairedInJson) {
  RunStudy run = SmallRun();
  run.folder = run.data = "caf\xe9";
  EXPECT_THAT(MetricsToJson(run), HasSubstr("caf\xEF\xBF\xBD"));
}

TEST(MetricsFileTest, ARunThatEndedEarlyHasWhatThereIs) {
  RunStudy run;
  run.recipe = "early";
  const Json json = Json::parse(MetricsToJson(run));
  EXPECT_FALSE(json.contains("values"));
  EXPECT_EQ(json["state"], "not trained");
  EXPECT_EQ(MetricsToCsv(run), "scope,name,metric,value\n");
}

}  // namespace
}  // namespace lookbook
