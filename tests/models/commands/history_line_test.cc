#include "models/commands/history_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace lookbook {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

HistoryEntry Entry() {
  HistoryEntry entry = {.step = 40,
                        .images_per_second = 812,
                        .learning_rate = 1e-3,
                        .train_loss = 0.312,
                        .gradient_norm = 1.5,
                        .health = "green"};
  entry.validation = {.part = "validation",
                      .map = 0.5,
                      .f1_macro = 0.4,
                      .ndcg_at_10 = 0.6,
                      .std_sqrt_d = 0.62,
                      .mean_cosine = 0.41,
                      .alignment_ratio = 0.55,
                      .uniformity = -1.5,
                      .effective_rank = 20.5,
                      .effective_rank_centered = 30.25,
                      .hub_share = 0.018,
                      .hub_skew = 1.2,
                      .distinct_share = 0.93,
                      .distinct_label_sets = 0.45,
                      .top_label_set_share = 0.12};
  return entry;
}

TEST(HistoryLineTest, AStepShowsTheLatestLookAtABatch) {
  StepReport report = {.loss = 0.312, .images_per_second = 812};
  EXPECT_EQ(StepText(report), "loss 0.3120  812 images/s") << "nothing was looked at yet";
  report.look = {.step = 51, .std_sqrt_d = 0.62};
  EXPECT_EQ(StepText(report), "loss 0.3120  812 images/s  std*sqrt(D) 0.62");
  report.look.triplet_active = 0.34;
  report.look.triplet_accuracy = 0.81;
  EXPECT_THAT(StepText(report), EndsWith("0.62  triplets 34.0 % active, 81 % right"));
}

TEST(HistoryLineTest, TheFirstLineSaysWhereTheRunStandsAndWhatItScores) {
  HistoryEntry entry = Entry();
  EXPECT_EQ(HistoryLine(entry),
            "step 40  loss 0.3120  lr 1.00e-03  |g| 1.50  812 images/s  validation: mAP 0.500  "
            "F1 0.400  nDCG@10 0.600  green");
  entry.best = true;
  entry.raw_map = 0.25;
  EXPECT_THAT(HistoryLine(entry), EndsWith("  green  best  mAP of the raw weights 0.250"));
}

TEST(HistoryLineTest, TheSecondHasEveryDiagnostic) {
  EXPECT_EQ(DiagnosticsLine(Entry()),
            "std*sqrt(D) 0.62  cosine 0.41  uniformity -1.50  alignment 0.55 of all pairs  "
            "rank 20.5 (centred 30.2)  hubs 1.8 %, skew 1.20  items 93 %  sets 45 %, "
            "commonest 12.0 %");
}

TEST(HistoryLineTest, TripletsStandThereWhereThereAreSome) {
  HistoryEntry entry = Entry();
  EXPECT_THAT(DiagnosticsLine(entry), Not(HasSubstr("triplets")));
  entry.figures = {{"triplet", 0.2}, {"triplet_active", 0.014}, {"triplet_accuracy", 0.81}};
  EXPECT_THAT(DiagnosticsLine(entry), EndsWith("  triplets 1.4 % active, 81 % right"));
  entry.validation.figures = {{"triplet_active", 0.4}, {"triplet_accuracy", 0.75}};
  EXPECT_THAT(
      DiagnosticsLine(entry),
      EndsWith("  triplets 1.4 % active, 81 % right; validation 40.0 % active, 75 % right"));
  entry.figures.clear();
  EXPECT_THAT(DiagnosticsLine(entry),
              EndsWith("  triplets -; validation 40.0 % active, 75 % right"));
}

TEST(HistoryLineTest, RotationsStandThereWhereThereAreSome) {
  HistoryEntry entry = Entry();
  EXPECT_THAT(DiagnosticsLine(entry), Not(HasSubstr("rotation")));
  entry.figures = {{"rotation", 1.2}, {"rotation_accuracy", 0.54}};
  entry.validation.figures = {{"rotation_accuracy", 0.5}};
  EXPECT_THAT(DiagnosticsLine(entry), EndsWith("  rotation 54 % right; validation 50 % right"));
}

TEST(HistoryLineTest, AnAlignmentOfNoPairIsADash) {
  HistoryEntry entry = Entry();
  entry.validation.alignment_ratio = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(DiagnosticsLine(entry), HasSubstr("  alignment -  rank"));
}

}  // namespace
}  // namespace lookbook
