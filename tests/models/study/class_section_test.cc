#include "models/study/class_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/study/small_run.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ClassSectionTest, EveryClassHasItsRowTheCommonestFirst) {
  EvaluationFacts facts = *SmallRun().evaluation;
  std::swap(facts.classes[0], facts.classes[1]);
  const auto tables = BlocksOf<ReportTable>(ClassSection(facts));
  ASSERT_THAT(tables, SizeIs(2));
  EXPECT_THAT(tables[1].rows,
              ElementsAre(ElementsAre("shirt", "60", "0.875", "0.750", "0.800", "0.375"),
                          ElementsAre("bag", "20", "0.375", "0.125", "0.225", "0.250"),
                          ElementsAre("hat", "0", "–", "0.000", "0.000", "0.500")));
}

TEST(ClassSectionTest, BarsAreOfClassesThatOccur) {
  const ReportSection section = ClassSection(*SmallRun().evaluation);
  const ReportChart chart = BlocksOf<ReportChart>(section)[0];
  EXPECT_THAT(chart.labels, ElementsAre("shirt (60)", "bag (20)"));
  EXPECT_THAT(chart.series[0].values, ElementsAre(0.875, 0.375));
  EXPECT_THAT(BlocksOf<ReportText>(section)[0].text, HasSubstr("1 classes do not occur"));
}

TEST(ClassSectionTest, ManyClassesAreCutInTheChartAlone) {
  EvaluationFacts facts;
  for (uint32_t i = 0; i < 70; ++i) facts.classes.push_back({i, "c", 1 + i, 0.5, 0.5, 0.5, 0.5});
  const ReportSection section = ClassSection(facts);
  EXPECT_THAT(BlocksOf<ReportChart>(section)[0].labels, SizeIs(60));
  EXPECT_THAT(BlocksOf<ReportChart>(section)[0].note, HasSubstr("The 60 commonest of 70"));
  EXPECT_THAT(BlocksOf<ReportTable>(section)[1].rows, SizeIs(70));
}

TEST(ClassSectionTest, ThirdsBySupportHaveTheirMeans) {
  EvaluationFacts facts;
  for (uint32_t i = 0; i < 5; ++i)
    facts.classes.push_back(
        {i, std::string(1, 'a' + i), 50 - 10 * i, 0.1 * i, 0.5, kNotMeasured, kNotMeasured});
  facts.classes.push_back({9, "absent", 0, kNotMeasured, 0, 0, 0});
  const auto groups = HeadMediumTail(facts);
  ASSERT_THAT(groups, SizeIs(3));
  EXPECT_EQ(groups[0].name, "head");
  ASSERT_THAT(groups[0].classes, SizeIs(2));
  ASSERT_THAT(groups[1].classes, SizeIs(2));
  ASSERT_THAT(groups[2].classes, SizeIs(1));
  EXPECT_NEAR(groups[0].Mean(&EvaluatedClass::ap), 0.05, 1e-12);
  EXPECT_NEAR(groups[1].Mean(&EvaluatedClass::ap), 0.25, 1e-12);
  EXPECT_NEAR(groups[2].Mean(&EvaluatedClass::ap), 0.4, 1e-12);
  EXPECT_TRUE(std::isnan(HeadMediumTail({})[0].Mean(&EvaluatedClass::ap)));
  const auto table = BlocksOf<ReportTable>(ClassSection(facts))[0];
  EXPECT_THAT(table.rows[0], ElementsAre("head", "2", "40 to 50", "0.050", "0.500", "–"));
}

TEST(ClassSectionTest, LabelsThatComeTogetherAreATable) {
  EvaluationFacts facts = *SmallRun().evaluation;
  EXPECT_THAT(BlocksOf<ReportTable>(ClassSection(facts)), SizeIs(2)) << "none is known";
  facts.pairs = {{"shirt", "bag", 20, 10, 5, 4, 1, 3}};
  const auto tables = BlocksOf<ReportTable>(ClassSection(facts));
  ASSERT_THAT(tables, SizeIs(3));
  EXPECT_THAT(tables[2].title, HasSubstr("come together"));
  EXPECT_THAT(tables[2].rows,
              ElementsAre(ElementsAre("shirt", "bag", "20", "10 (50.0 %)", "5 (25.0 %)",
                                      "4 (20.0 %)", "1 (5.0 %)", "3")));
}

TEST(ClassSectionTest, ASetThatTunedThresholdsDoesNotJudgeThem) {
  EvaluationFacts facts = *SmallRun().evaluation;
  EXPECT_THAT(ClassSection(facts).lead, HasSubstr("tuned on other images"));
  for (EvaluatedClass& entry : facts.classes) entry.threshold = entry.f1_tuned = kNotMeasured;
  EXPECT_THAT(ClassSection(facts).lead, HasSubstr("tuned on these very images"));
}

}  // namespace
}  // namespace lookbook
