#include "models/study/calibration_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/study/small_run.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

ReportSection Section() {
  return CalibrationSection(*SmallRun().calibration, {"shirt", "bag", kHostile});
}

TEST(CalibrationSectionTest, ReliabilityStandsAgainstTheDiagonal) {
  const ReportChart chart = ChartOf(Section(), "Reliability of probabilities");
  ASSERT_THAT(chart.series, SizeIs(3));
  EXPECT_THAT(chart.series[0].x, ElementsAre(0.2, 0.7)) << "predicted";
  EXPECT_THAT(chart.series[0].values, ElementsAre(0.25, 0.65)) << "observed";
  EXPECT_EQ(chart.series[1].name, "first answer");
  EXPECT_THAT(chart.series[1].x, ElementsAre(0.5, 0.75));
  EXPECT_THAT(chart.series[1].values, ElementsAre(0.25, 0.625));
  EXPECT_EQ(chart.series[2].x, chart.series[2].values);
}

TEST(CalibrationSectionTest, TheServedCurveHasItsKnotsAndTheBoundOfTheNovel) {
  const ReportChart chart = ChartOf(Section(), "From similarity to probability");
  EXPECT_THAT(chart.series[0].x, ElementsAre(0.5f, 0.9f));
  EXPECT_THAT(chart.series[0].values, ElementsAre(0.1f, 0.8f));
  ASSERT_THAT(chart.boundaries, SizeIs(1));
  EXPECT_FLOAT_EQ(static_cast<float>(chart.boundaries[0].x), 0.6125f);
}

TEST(CalibrationSectionTest, EveryClassHasItsThreshold) {
  const ReportChart chart = ChartOf(Section(), "Threshold of each class");
  EXPECT_THAT(chart.labels, ElementsAre("shirt", "bag", kHostile));
  EXPECT_THAT(chart.series[0].values, ElementsAre(0.375, 0.25, 0.5));
  // A name too many is not drawn without a threshold.
  const ReportSection section = CalibrationSection(*SmallRun().calibration, {"a", "b", "c", "d"});
  EXPECT_THAT(ChartOf(section, "Threshold of each class").labels, SizeIs(3));
}

TEST(CalibrationSectionTest, ErrorsBeforeAndAfterAndTheSourceAreTold) {
  const ReportSection section = Section();
  EXPECT_THAT(section.lead, HasSubstr("validation, 40 queries, 4,000 pairs"));
  const ReportFacts facts = BlocksOf<ReportFacts>(section)[0];
  EXPECT_EQ(facts.facts[0].value, "0.412");
  EXPECT_EQ(facts.facts[1].value, "0.037");
  EXPECT_EQ(facts.facts[2].value, "0.156") << "of the first answer";
  EXPECT_EQ(facts.facts[3].value, "0.450 / 0.450");
  EXPECT_EQ(facts.facts[4].value, "0.688 / 0.531");
}

}  // namespace
}  // namespace lookbook
