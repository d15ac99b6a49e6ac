#include "models/study/training_sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/study/small_run.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(TrainingSectionsTest, CurvesShowBothPartsOverStepsWithTheirStages) {
  const ReportSection section = TrainingSection(SmallRun());
  const ReportChart map = ChartOf(section, "mAP");
  ASSERT_THAT(map.series, SizeIs(3));
  EXPECT_EQ(map.series[0].name, "validation");
  EXPECT_THAT(map.series[0].x, ElementsAre(10, 20));
  EXPECT_THAT(map.series[0].values, ElementsAre(0.25, 0.5));
  EXPECT_EQ(map.series[1].name, "train sample");
  EXPECT_THAT(map.series[1].values, ElementsAre(0.35, 0.6));
  EXPECT_EQ(map.series[2].name, "chance");
  ASSERT_THAT(map.boundaries, SizeIs(1));
  EXPECT_EQ(map.boundaries[0].x, 10) << "where the first stage ended";
  EXPECT_EQ(map.boundaries[0].name, "second");
  EXPECT_THAT(ChartOf(section, "Loss").series, SizeIs(2));
  EXPECT_THAT(ChartOf(section, "F1 macro at 0.5").series, SizeIs(2));
  EXPECT_THAT(ChartOf(section, "Learning rate").series, SizeIs(1));
  EXPECT_THAT(ChartOf(section, "Gradient norm, before clipping").series, SizeIs(1));
  EXPECT_THAT(section.lead, HasSubstr("Train sample: 120 training images"));
}

TEST(TrainingSectionsTest, AnAverageIsShownBesideTheRawWeights) {
  RunStudy run = SmallRun();
  run.history[1].raw_map = 0.4;
  const ReportChart map = ChartOf(TrainingSection(run), "mAP");
  ASSERT_THAT(map.series, SizeIs(4));
  EXPECT_EQ(map.series[2].name, "raw weights, not averaged");
  EXPECT_TRUE(std::isnan(map.series[2].values[0])) << "the first stage had no average";
  EXPECT_EQ(map.series[2].values[1], 0.4);
}

TEST(TrainingSectionsTest, EveryDiagnosticHasItsCurve) {
  RunStudy run = SmallRun();
  ValidationResult& last = run.history[1].validation;
  last.uniformity = -1.5;
  last.alignment_ratio = 0.5;
  last.effective_rank = 20;
  last.effective_rank_centered = 30;
  last.hub_skew = 1.25;
  last.feature_norm = 7;
  last.dead_norm_share = 0.125;
  const ReportSection section = DiagnosticSection(run);
  const auto value = [&](const char* title, size_t series = 0) {
    const ReportChart chart = ChartOf(section, title);
    return series < chart.series.size() ? chart.series[series].values.at(1) : -1;
  };
  EXPECT_EQ(value("Uniformity"), -1.5);
  EXPECT_EQ(value("Alignment, of all pairs"), 0.5);
  EXPECT_EQ(value("Effective rank, to be read with the spread"), 20);
  EXPECT_EQ(value("Effective rank, to be read with the spread", 1), 30);
  EXPECT_EQ(value("Hubs: skewness"), 1.25);
  EXPECT_EQ(value("Length of the pooled feature"), 7);
  EXPECT_EQ(value("Dead BatchNorm channels"), 0.125);
}

TEST(TrainingSectionsTest, BatchesBetweenValidationsHaveTheirCurves) {
  RunStudy run = SmallRun();
  run.history[0].batch_std_sqrt_d = 0.25;
  EXPECT_EQ(ChartOf(DiagnosticSection(run), "Spread: std·√D").series[1].name, "latest batch")
      << "all that earlier versions kept";
  EXPECT_THAT(ChartOf(DiagnosticSection(run), "Triplets of a batch in 50 steps, share").series,
              IsEmpty());
  run.history[0].looks = {{.step = 1, .std_sqrt_d = 0.5}};
  run.history[1].looks = {
      {.step = 51, .std_sqrt_d = 0.75, .triplet_active = 0.25, .triplet_accuracy = 0.875},
      {.step = 101, .std_sqrt_d = 0.625}};
  const ReportSection section = DiagnosticSection(run);
  const ReportChart spread = ChartOf(section, "Spread: std·√D");
  ASSERT_THAT(spread.series, SizeIs(2));
  EXPECT_THAT(spread.series[0].x, ElementsAre(10, 20));
  EXPECT_THAT(spread.series[1].x, ElementsAre(1, 51, 101));
  EXPECT_THAT(spread.series[1].values, ElementsAre(0.5, 0.75, 0.625));
  const ReportChart triplets = ChartOf(section, "Triplets of a batch in 50 steps, share");
  ASSERT_THAT(triplets.series, SizeIs(2));
  EXPECT_THAT(triplets.series[0].x, ElementsAre(51));
  EXPECT_THAT(triplets.series[0].values, ElementsAre(0.25));
  EXPECT_THAT(triplets.series[1].values, ElementsAre(0.875));
}

TEST(TrainingSectionsTest, AHistoryOfEarlierVersionsHasNoTrainSample) {
  RunStudy run = SmallRun();
  for (HistoryEntry& entry : run.history) entry.train.reset();
  const ReportSection section = TrainingSection(run);
  EXPECT_THAT(ChartOf(section, "mAP").series, SizeIs(2));
  EXPECT_THAT(section.lead, ::testing::Not(HasSubstr("Train sample")));
}

TEST(TrainingSectionsTest, TheObjectivesOwnFiguresAreGroupedByWhatTheyAre) {
  RunStudy run = SmallRun();
  run.history[1].figures = {
      {"bce", 0.5}, {"triplet", 0.2}, {"triplet_accuracy", 0.9}, {"anchors_dropped", 3}};
  run.history[1].validation.figures = {{"triplet", 0.3}, {"triplet_accuracy", 0.8}};
  const ReportSection section = TrainingSection(run);
  const ReportChart terms = ChartOf(section, "Terms of the loss, unweighted");
  ASSERT_THAT(terms.series, SizeIs(2));
  EXPECT_TRUE(std::isnan(terms.series[0].values[0])) << "the first stage had no such term";
  EXPECT_EQ(terms.series[0].values[1], 0.5);
  const ReportChart shares = ChartOf(section, "Triplets, share");
  ASSERT_THAT(shares.series, SizeIs(2));
  EXPECT_EQ(shares.series[0].values[1], 0.9);
  EXPECT_EQ(shares.series[1].name, "triplet_accuracy, validation");
  EXPECT_TRUE(std::isnan(shares.series[1].values[0]));
  EXPECT_EQ(shares.series[1].values[1], 0.8);
  EXPECT_EQ(ChartOf(section, "Anchors of a batch, by rule").series[0].values[1], 3);
}

TEST(TrainingSectionsTest, RotationsHaveAChartOfTheirOwn) {
  RunStudy run = SmallRun();
  EXPECT_THAT(ChartOf(TrainingSection(run), "Rotations named rightly, share").series, IsEmpty());
  run.history[1].figures = {{"rotation", 1.2}, {"rotation_accuracy", 0.54}};
  run.history[1].validation.figures = {{"rotation", 1.3}, {"rotation_accuracy", 0.5}};
  const ReportSection section = TrainingSection(run);
  const ReportChart chart = ChartOf(section, "Rotations named rightly, share");
  ASSERT_THAT(chart.series, SizeIs(2));
  EXPECT_EQ(chart.series[0].values[1], 0.54);
  EXPECT_EQ(chart.series[1].name, "rotation_accuracy, validation");
  EXPECT_EQ(chart.series[1].values[1], 0.5);
  EXPECT_THAT(ChartOf(section, "Triplets, share").series, IsEmpty());
}

TEST(TrainingSectionsTest, WhereTheGuardWentBackTheCurveHasAGap) {
  RunStudy run = SmallRun();
  run.history[1].event = "guard: back to the last green weights";
  run.history.push_back(EntryAt(15, "second", 0.375));
  const ReportSeries series =
      HistorySeries("s", run.history, [](const HistoryEntry& e) { return e.validation.map; });
  EXPECT_THAT(series.x, ElementsAre(10, 20, 15, 15));
  EXPECT_TRUE(std::isnan(series.values[2]));
  EXPECT_EQ(series.values[3], 0.375);
  const ReportChart chart = ChartOf(TrainingSection(run), "mAP");
  ASSERT_THAT(chart.boundaries, SizeIs(2));
  EXPECT_EQ(chart.boundaries[1].name, "guard");
}

TEST(TrainingSectionsTest, WhatTheGuardSawIsATable) {
  RunStudy run = SmallRun();
  EXPECT_THAT(BlocksOf<ReportTable>(DiagnosticSection(run)), IsEmpty());
  EXPECT_THAT(BlocksOf<ReportText>(DiagnosticSection(run))[0].text, HasSubstr("green"));
  run.history[1].health = "red";
  run.history[1].health_reasons = {"std*sqrt(D) 0.006 < 0.05", "hubs"};
  run.history[1].event = "guard: red and never green; stopped";
  const auto tables = BlocksOf<ReportTable>(DiagnosticSection(run));
  ASSERT_THAT(tables, SizeIs(1));
  EXPECT_THAT(tables[0].rows,
              ElementsAre(ElementsAre("20", "second", "red", "std*sqrt(D) 0.006 < 0.05; hubs",
                                      "guard: red and never green; stopped")));
}

TEST(TrainingSectionsTest, NothingTrainedIsSaid) {
  const ReportSection section = TrainingSection({});
  ASSERT_THAT(section.blocks, SizeIs(1));
  EXPECT_TRUE(std::get<ReportText>(section.blocks[0]).warning);
  EXPECT_THAT(DiagnosticSection({}).blocks, IsEmpty());
}

}  // namespace
}  // namespace lookbook
