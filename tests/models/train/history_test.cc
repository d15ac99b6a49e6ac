#include "models/train/history.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(HistoryTest, ComesBackFromItsJson) {
  std::vector<HistoryEntry> history(2);
  history[1] = {.stage = "all",
                .stage_step = 7,
                .step = 9,
                .epoch = 3,
                .seconds = 1.25,
                .images_per_second = 100,
                .learning_rate = 1e-3,
                .train_loss = 0.5,
                .gradient_norm = 2,
                .validation = {.part = "validation",
                               .images = 4,
                               .loss = 0.25,
                               .figures = {{"triplet_active", 0.5}},
                               .map = 0.125,
                               .f1_macro = 0.5,
                               .f1_micro = 0.75,
                               .std_sqrt_d = 0.6,
                               .mean_cosine = 0.2,
                               .distinct_label_sets = 0.3,
                               .top_label_set_share = 0.1},
                .train = TrainSampleResult{.images = 8, .map = 0.875, .f1_macro = 0.625},
                .best = true};
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<HistoryEntry> got,
                          HistoryFromJson(HistoryToJson(history)));
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].stage, "all");
  EXPECT_EQ(got[1].step, 9);
  EXPECT_EQ(got[1].learning_rate, 1e-3);
  EXPECT_EQ(got[1].validation.part, "validation");
  EXPECT_EQ(got[1].validation.top_label_set_share, 0.1);
  EXPECT_EQ(got[1].validation.figures.at("triplet_active"), 0.5);
  EXPECT_TRUE(got[1].best);
  EXPECT_FALSE(got[0].train.has_value());
  ASSERT_TRUE(got[1].train.has_value());
  EXPECT_EQ(got[1].train->images, 8);
  EXPECT_EQ(got[1].train->map, 0.875);
  EXPECT_EQ(got[1].train->f1_macro, 0.625);
  EXPECT_EQ(HistoryToJson(got), HistoryToJson(history));
}

TEST(HistoryTest, WithoutATrainSampleItIsWhatEarlierVersionsWrote) {
  const std::string text = HistoryToJson(std::vector<HistoryEntry>(1));
  EXPECT_EQ(text.find("\"train\""), std::string::npos);
  EXPECT_THAT(HistoryFromJson(text), IsOk());
}

TEST(HistoryTest, OtherTextIsDataLoss) {
  EXPECT_THAT(HistoryFromJson("{"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(HistoryFromJson("[{\"stage\": 3}]"), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace lookbook
