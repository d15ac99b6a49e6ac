#include "models/report/chart_json.h"

#include <cmath>

#include "absl/strings/match.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

TEST(ChartJsonTest, HoldsWhatTheScriptDraws) {
  ReportChart chart;
  chart.kind = ChartKind::kHorizontalBar;
  chart.title = "t";
  chart.labels = {"a", "b"};
  chart.series = {{.name = "s", .values = {1.5, NAN}}};
  chart.x_title = "x";
  chart.log_y = true;
  const Json json = Json::parse(ChartsToJson({chart}));
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0]["kind"], "horizontal_bar");
  EXPECT_EQ(json[0]["labels"], Json({"a", "b"}));
  EXPECT_EQ(json[0]["series"][0]["values"], Json({1.5, nullptr})) << "not finite: a gap";
  EXPECT_EQ(json[0]["x_title"], "x");
  EXPECT_EQ(json[0]["log_y"], true);
}

TEST(ChartJsonTest, ScatterPointsHaveBothCoordinates) {
  ReportChart chart;
  chart.kind = ChartKind::kScatter;
  chart.series = {{.name = "s", .values = {2, 4}, .x = {1, 3}}};
  const Json json = Json::parse(ChartsToJson({chart}));
  EXPECT_EQ(json[0]["series"][0]["values"][1], (Json{{"x", 3.0}, {"y", 4.0}}));
}

TEST(ChartJsonTest, CurvesHavePointsAndBoundaries) {
  ReportChart chart;
  chart.kind = ChartKind::kCurve;
  chart.series = {{.name = "s", .values = {2, NAN}, .x = {10, 10}}};
  chart.boundaries = {{10, "stage two"}, {NAN, "nowhere"}};
  const Json json = Json::parse(ChartsToJson({chart}));
  EXPECT_EQ(json[0]["kind"], "curve");
  EXPECT_EQ(json[0]["series"][0]["values"][1], (Json{{"x", 10.0}, {"y", nullptr}})) << "a gap";
  EXPECT_EQ(json[0]["boundaries"], Json::array({{{"x", 10.0}, {"name", "stage two"}}}));
  chart.labels = {"one", "two", "three"};
  EXPECT_THAT(CheckChart(chart), IsOk()) << "labels are not its places";
}

TEST(ChartJsonTest, NothingInItEndsAScript) {
  ReportChart chart;
  chart.title = "</script><script>alert(1)</script><!--";
  chart.labels = {"\u2028\u2029", "\xFF\xFE"};
  chart.series = {{.name = "<b>", .values = {1, 2}}};
  const std::string text = ChartsToJson({chart});
  EXPECT_EQ(text.find('<'), std::string::npos);
  EXPECT_FALSE(absl::StrContains(text, "\u2028"));
  const Json json = Json::parse(text);
  EXPECT_EQ(json[0]["title"], chart.title) << "the same text once it is parsed";
  EXPECT_EQ(json[0]["labels"][0], "\u2028\u2029");
}

TEST(ChartJsonTest, SeriesOfAnotherLengthAreRefused) {
  ReportChart chart;
  chart.title = "loss";
  chart.labels = {"1", "2"};
  chart.series = {{.name = "train", .values = {1}}};
  EXPECT_THAT(CheckChart(chart),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("\"loss\": series \"train\" has 1 values for 2")));
  chart.series[0].values = {1, 2};
  EXPECT_THAT(CheckChart(chart), IsOk());
  chart.kind = ChartKind::kScatter;
  EXPECT_THAT(CheckChart(chart), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
