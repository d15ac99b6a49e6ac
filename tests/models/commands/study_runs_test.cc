#include "models/commands/study_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "models/dataset/synth.h"
#include "models/evaluate/chance.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(StudyRunsTest, AnOutcomeRemembersThePeakOfTheSameRecipe) {
  TempDir dir;
  const std::string path = dir / "outcome.json", log = dir / "log";
  LB_ASSERT_OK_AND_ASSIGN(
      RunOutcome outcome,
      RememberOutcome(path, "recipe", {.exit_code = 0, .peak_rss_bytes = 900}, log));
  EXPECT_EQ(outcome.peak_rss_bytes, 900);
  LB_ASSERT_OK_AND_ASSIGN(
      outcome, RememberOutcome(path, "recipe", {.exit_code = 0, .peak_rss_bytes = 50}, log));
  EXPECT_EQ(outcome.peak_rss_bytes, 900) << "the second only looked";
  LB_ASSERT_OK_AND_ASSIGN(
      outcome, RememberOutcome(path, "another", {.exit_code = 0, .peak_rss_bytes = 50}, log));
  EXPECT_EQ(outcome.peak_rss_bytes, 50);
  ASSERT_THAT(WriteFile(path, "no JSON"), IsOk());
  EXPECT_THAT(RememberOutcome(path, "another", {.exit_code = 0, .peak_rss_bytes = 7}, log), IsOk());
}

TEST(StudyRunsTest, AFailureIsTheLastLineOfTheLog) {
  TempDir dir;
  ASSERT_THAT(
      WriteFile(dir / "log", "train 10 %\rtrain 20 %\nlookbook-train run: no such thing\n\n"),
      IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome, RememberOutcome(dir / "outcome.json", "r",
                                                                    {.exit_code = 2}, dir / "log"));
  EXPECT_EQ(outcome.message, "exit code 2: lookbook-train run: no such thing");
  LB_ASSERT_OK_AND_ASSIGN(
      const RunOutcome silent,
      RememberOutcome(dir / "outcome.json", "r", {.exit_code = 137}, dir / "none"));
  EXPECT_EQ(silent.message, "exit code 137");
}

TEST(StudyRunsTest, AFailedRowSaysWhatTheRecipeWas) {
  TempDir dir;
  Recipe recipe{.name = "r"};
  recipe.stages = {{.name = "s", .epochs = 3}};
  const StudyRow row = FailedRow(recipe, dir / "none", "exit code 4");
  EXPECT_EQ(row.run, "r");
  EXPECT_EQ(row.loss, "bce");
  EXPECT_EQ(row.length, "3 epochs");
  EXPECT_EQ(row.failure, "exit code 4");
  EXPECT_EQ(row.guard, "");
  EXPECT_TRUE(row.values.empty());
}

TEST(StudyRunsTest, BaselinesAreChanceFrequencyAndPixels) {
  TempDir dir;
  SynthOptions options = TinySynthOptions(dir / "data");
  options.train = 40;
  options.holdout = 0;
  options.unlabelled = 0;
  ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  StudyQueries queries{.name = "all"};
  LB_ASSERT_OK_AND_ASSIGN(queries.data, ReadImaterialist(dir / "data", "train.csv", "train"));
  const size_t classes = queries.data.labels.classes.size();
  queries.prevalence.assign(classes, 0.25f);
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<StudyRow> rows,
                          MeasureBaselines(queries, {.resamples = 20}));
  ASSERT_THAT(rows, SizeIs(3));
  const LabelMatrix labels = ClassMatrix(queries.data.labels, queries.data.images);
  // By hand: the mean share of the images that have a class, over those that occur.
  double sum = 0, supported = 0;
  for (size_t j = 0; j < classes; ++j) {
    int count = 0;
    for (int64_t i = 0; i < labels.n; ++i) count += labels.at(i, static_cast<int>(j));
    sum += count / 40.0;
    supported += count > 0;
  }
  EXPECT_EQ(rows[0].run, "chance");
  EXPECT_NEAR(rows[0].values.at("map"), sum / supported, 1e-12);
  EXPECT_NEAR(rows[0].values.at("ndcg_at_10"), ExpectedAtRandom(labels).ndcg_at_10_shared, 1e-12);
  EXPECT_EQ(rows[1].run, "label frequency");
  EXPECT_NEAR(rows[1].values.at("ndcg_at_10"), RankByLabelFrequency(labels).ndcg_at_10_shared,
              1e-12);
  EXPECT_EQ(rows[1].values.at("f1_macro"), 0) << "no class is in half of the images";
  for (const char* key : {"map", "f1_macro", "recall_at_1_j50", "ndcg_at_10"}) {
    ASSERT_EQ(rows[1].intervals.count(key), 1u) << key;
    EXPECT_EQ(rows[1].intervals.at(key).value, rows[1].values.at(key)) << key;
  }
  EXPECT_LT(rows[1].intervals.at("ndcg_at_10").low, rows[1].intervals.at("ndcg_at_10").high);
  EXPECT_EQ(rows[2].run, "raw pixels 8x8");
  EXPECT_EQ(rows[2].dim, 192);
  EXPECT_TRUE(std::isnan(rows[2].values.at("map"))) << "pixels score nothing";
  EXPECT_GT(rows[2].values.at("std_sqrt_d"), 0.1);
  EXPECT_LE(rows[2].intervals.at("ndcg_at_10").low, rows[2].values.at("ndcg_at_10"));
  EXPECT_GE(rows[2].intervals.at("ndcg_at_10").high, rows[2].values.at("ndcg_at_10"));
  EXPECT_EQ(rows[2].intervals.count("map"), 0u);
}

}  // namespace
}  // namespace lookbook
