#include "models/study/run_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/report/render_page.h"
#include "tests/models/study/small_run.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Titles(const ReportPage& page) {
  std::vector<std::string> out;
  for (const ReportSection& section : page.sections) out.push_back(section.title);
  return out;
}

TEST(RunPageTest, HasEverySectionAndRenders) {
  const ReportPage page = RunPage(SmallRun());
  EXPECT_THAT(Titles(page),
              ElementsAre("Result", "Training", "Diagnostics", "Classes",
                          "Thresholds and calibration", "Neighbours", "Unlabelled pictures"));
  EXPECT_EQ(page.title, "small");
  EXPECT_EQ(page.facts[0].value, "0.625");
  EXPECT_THAT(page.source, HasSubstr("bundle 20260101T000000Z-0123456789ab"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, RenderPage(page));
  EXPECT_THAT(html, HasSubstr("data:image/jpeg;base64,"));
  EXPECT_THAT(html, HasSubstr("<span class=\"chip marked\" title=\"bag\">"));
}

TEST(RunPageTest, NumbersStandBesideChance) {
  const auto table = BlocksOf<ReportTable>(RunPage(SmallRun()).sections[0])[0];
  EXPECT_THAT(table.rows, Contains(ElementsAre("mAP", "0.625", "0.163", "0.163")));
  EXPECT_THAT(table.rows,
              Contains(ElementsAre("R@1, more than two labels shared", "0.750", "0.037", "0.087")));
  EXPECT_THAT(table.rows, Contains(ElementsAre("nDCG@10, shared labels", "0.812", "–", "–")))
      << "no chance known";
  for (const auto& row : table.rows) EXPECT_NE(row[0], "mAP of attributes") << "not measured";
}

TEST(RunPageTest, HealthOfTheEmbeddingIsInTheResult) {
  const auto facts = BlocksOf<ReportFacts>(RunPage(SmallRun()).sections[0])[0].facts;
  EXPECT_EQ(facts[0].value, "0.613");
  EXPECT_EQ(facts[1].value, "–") << "mean cosine is not there";
  EXPECT_EQ(facts[3].value, "2.2 %");
  EXPECT_EQ(facts[5].value, "green");
}

TEST(RunPageTest, ACollapsedRunIsShownAsSuch) {
  RunStudy run = SmallRun();
  LB_ASSERT_OK_AND_ASSIGN(std::string html, RenderPage(RunPage(run)));
  EXPECT_THAT(html, Not(HasSubstr("class=\"warning\"")));
  run.state = RunState::kCollapsed;
  LB_ASSERT_OK_AND_ASSIGN(html, RenderPage(RunPage(run)));
  EXPECT_THAT(html, HasSubstr("<p class=\"warning\">The last validation was red"));
}

TEST(RunPageTest, WhatTheRunDidNotComeToIsLeftOut) {
  RunStudy run;
  run.recipe = "early";
  const ReportPage page = RunPage(run);
  EXPECT_THAT(Titles(page), ElementsAre("Training"));
  EXPECT_EQ(page.facts[0].value, "not trained");
  EXPECT_THAT(RenderPage(page), IsOk());
}

TEST(RunPageTest, HostileNamesAreText) {
  RunStudy run = SmallRun();
  run.recipe = run.data = run.folder = run.bundle_id = kHostile;
  for (HistoryEntry& entry : run.history) {
    entry.stage = entry.event = entry.validation.part = entry.health = kHostile;
    entry.health_reasons = {kHostile};
    entry.figures = {{kHostile, 1}};
  }
  run.evaluation->split = kHostile;
  for (EvaluatedClass& entry : run.evaluation->classes) entry.name = kHostile;
  run.calibration->source = kHostile;
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, RenderPage(RunPage(run)));
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
}

}  // namespace
}  // namespace lookbook
