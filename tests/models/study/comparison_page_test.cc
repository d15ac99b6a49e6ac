#include "models/study/comparison_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "models/report/render_page.h"
#include "tests/models/study/small_run.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// "small" is better by mAP, "other" by R@1.
std::vector<RunStudy> TwoRuns() {
  RunStudy other = SmallRun();
  other.recipe = "other";
  other.folder = "out/other";
  other.evaluation->values["map"] = 0.5;
  other.evaluation->values["recall_at_1"] = 0.875;
  other.evaluation->classes[0].ap = 0.25;
  other.neighbors.fixed = {QueryOf("q_fixed", 0.25)};
  return {SmallRun(), other};
}

// The cell of a run's row under a title.
std::string Cell(const ReportPage& page, size_t run, const std::string& title) {
  const ReportTable table = BlocksOf<ReportTable>(page.sections[0])[0];
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].title == title) return table.rows[run][i];
  }
  return "no such column";
}

TEST(ComparisonPageTest, TheBestOfEachColumnIsMarked) {
  const ReportPage page = PageOfRuns(TwoRuns());
  EXPECT_EQ(Cell(page, 0, "mAP"), "★ 0.625");
  EXPECT_EQ(Cell(page, 1, "mAP"), "0.500");
  EXPECT_EQ(Cell(page, 0, "R@1"), "0.750");
  EXPECT_EQ(Cell(page, 1, "R@1"), "★ 0.875");
  EXPECT_EQ(Cell(page, 0, "nDCG@10"), "0.812") << "no best where all are equal";
  EXPECT_EQ(Cell(page, 1, "nDCG@10"), "0.812");
  EXPECT_EQ(Cell(page, 0, "Jaccard@5"), "–") << "not measured is no best";
  EXPECT_EQ(Cell(page, 0, "minutes"), "1.5");
  EXPECT_THAT(BlocksOf<ReportText>(page.sections[0]), IsEmpty());
}

TEST(ComparisonPageTest, WhatLooksEqualIsEquallyGood) {
  std::vector<RunStudy> runs = {SmallRun(), SmallRun(), SmallRun()};
  const double map[] = {0.8122, 0.8123, 0.5};
  for (size_t i = 0; i < runs.size(); ++i) {
    runs[i].evaluation->values["map"] = map[i];
    runs[i].evaluation->values["f1_macro"] = i == 1 ? 0.0001 : 0;
    if (i > 0) runs[i].evaluation->values.erase("recall_at_1");
  }
  const ReportPage page = PageOfRuns(runs);
  EXPECT_EQ(Cell(page, 0, "mAP"), "★ 0.812");
  EXPECT_EQ(Cell(page, 1, "mAP"), "★ 0.812");
  EXPECT_EQ(Cell(page, 2, "mAP"), "0.500");
  for (size_t i = 0; i < runs.size(); ++i) EXPECT_EQ(Cell(page, i, "F1 macro"), "0.000");
  EXPECT_EQ(Cell(page, 0, "R@1"), "0.750") << "nothing to compare it with";
}

TEST(ComparisonPageTest, CollapsedAndUnfinishedRunsAreShownAsSuchAndWinNothing) {
  std::vector<RunStudy> runs = TwoRuns();
  runs[0].state = RunState::kCollapsed;
  runs[0].history.back().health_reasons = {"std*sqrt(D) 0.006 < 0.05"};
  runs.push_back({.folder = "out/early", .recipe = "early", .state = RunState::kUnfinished});
  runs[2].history = {EntryAt(30, "all", 0.1)};
  runs.push_back(runs[1]);
  runs[3].state = RunState::kUnfinished;
  runs[3].evaluation->values["map"] = 0.99;
  const ReportPage page = PageOfRuns(runs);
  EXPECT_EQ(Cell(page, 0, "state"), "collapsed: std*sqrt(D) 0.006 < 0.05");
  EXPECT_EQ(Cell(page, 0, "mAP"), "0.625");
  EXPECT_EQ(Cell(page, 1, "mAP"), "★ 0.500");
  EXPECT_EQ(Cell(page, 2, "state"), "training not finished after step 30");
  EXPECT_EQ(Cell(page, 2, "mAP"), "–");
  EXPECT_EQ(Cell(page, 3, "mAP"), "0.990");
  const ReportText without = BlocksOf<ReportText>(page.sections[3])[0];
  EXPECT_THAT(without.text, HasSubstr("no report of their own: early"));
  EXPECT_THAT(RenderPage(page), IsOk());
}

TEST(ComparisonPageTest, ARunThatEndedRedUnderAGuardThatOnlyReportsWinsNothing) {
  std::vector<RunStudy> runs = TwoRuns();
  runs[0].ended_red = true;
  runs[0].history.back().health_reasons = {"std*sqrt(D) 0.006 < 0.05"};
  const ReportPage page = PageOfRuns(runs);
  EXPECT_EQ(Cell(page, 0, "state"), "published, red: std*sqrt(D) 0.006 < 0.05");
  EXPECT_EQ(Cell(page, 0, "mAP"), "0.625");
  EXPECT_EQ(Cell(page, 1, "mAP"), "★ 0.500");
}

TEST(ComparisonPageTest, CurvesOfAllRunsShareAChart) {
  std::vector<RunStudy> runs = TwoRuns();
  runs.push_back({.recipe = "nothing"});
  const ReportChart map = ChartOf(PageOfRuns(runs).sections[1], "mAP");
  ASSERT_THAT(map.series, SizeIs(2)) << "a run without a history has no curve";
  EXPECT_EQ(map.series[0].name, "small");
  EXPECT_EQ(map.series[1].name, "other");
  EXPECT_THAT(map.series[0].values, ElementsAre(0.25, 0.5));
}

TEST(ComparisonPageTest, ClassesStandSideBySide) {
  std::vector<RunStudy> runs = TwoRuns();
  runs[1].evaluation->classes.erase(runs[1].evaluation->classes.begin() + 1);
  const ReportHeatmap map = BlocksOf<ReportHeatmap>(PageOfRuns(runs).sections[2])[0];
  EXPECT_THAT(map.columns, ElementsAre("small", "other"));
  EXPECT_THAT(map.rows, ElementsAre("shirt (60)", "bag (20)"));
  EXPECT_EQ(map.values[0], 0.875);
  EXPECT_EQ(map.values[1], 0.25);
  EXPECT_EQ(map.values[2], 0.375);
  EXPECT_TRUE(std::isnan(map.values[3])) << "the other run has no bag";
}

TEST(ComparisonPageTest, TheSameQueryShowsEveryRunsAnswersBelowEachOther) {
  const auto galleries = BlocksOf<ReportGallery>(PageOfRuns(TwoRuns()).sections[3]);
  ASSERT_THAT(galleries, SizeIs(1));
  EXPECT_EQ(galleries[0].title, "q_fixed");
  ASSERT_THAT(galleries[0].pictures, SizeIs(12));
  EXPECT_EQ(galleries[0].pictures[0].note, "small: overlap 0.50");
  EXPECT_EQ(galleries[0].pictures[6].note, "other: overlap 0.25");
}

TEST(ComparisonPageTest, NumbersOfDifferentImagesAreCalledSo) {
  std::vector<RunStudy> runs = TwoRuns();
  runs[1].evaluation->images = 50;
  const ReportText text = BlocksOf<ReportText>(PageOfRuns(runs).sections[0])[0];
  EXPECT_TRUE(text.warning);
  EXPECT_THAT(text.text, HasSubstr("data/outfits holdout 100; data/outfits holdout 50"));
}

TEST(ComparisonPageTest, RunsOfOneRecipeAreToldApartByTheirFolders) {
  std::vector<RunStudy> runs = TwoRuns();
  EXPECT_THAT(RunNames(runs), ElementsAre("small", "other"));
  runs[1].recipe = "small";
  runs[1].folder = "out/other/";
  EXPECT_THAT(RunNames(runs), ElementsAre("small (small)", "small (other)"));
}

TEST(ComparisonPageTest, FoldersBecomeOnePage) {
  TempDir dir;
  ASSERT_THAT(WriteFile(dir / "recipe.toml", "name = \"x\"\n[[stage]]\nname = \"a\"\nsteps = 1\n"),
              IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, ComparisonPage({dir.path()}));
  EXPECT_THAT(html, HasSubstr("not trained"));
  EXPECT_THAT(ComparisonPage({}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ComparisonPage({dir / "absent"}), StatusIs(absl::StatusCode::kNotFound));
}

TEST(ComparisonPageTest, HostileNamesAreText) {
  std::vector<RunStudy> runs = TwoRuns();
  runs[0].recipe = runs[0].folder = kHostile;
  runs[0].evaluation->split = runs[0].evaluation->classes[0].name = kHostile;
  runs[0].neighbors.fixed = {QueryOf(kHostile, 1)};
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, RenderPage(PageOfRuns(runs)));
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(html.find("<img src=x"), std::string::npos);
}

}  // namespace
}  // namespace lookbook
