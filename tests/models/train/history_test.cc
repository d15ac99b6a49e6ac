#include "models/train/history.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

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
                .looks = {{.step = 1, .std_sqrt_d = 0.5},
                          {.step = 51, .std_sqrt_d = 0.6, .triplet_active = 0.25}},
                .validation = {.part = "validation",
                               .images = 4,
                               .loss = 0.25,
                               .figures = {{"triplet_active", 0.5}},
                               .map = 0.125,
                               .f1_macro = 0.5,
                               .f1_micro = 0.75,
                               .std_sqrt_d = 0.6,
                               .mean_cosine = 0.2,
                               .alignment = std::numeric_limits<double>::quiet_NaN(),
                               .effective_rank_centered = 12,
                               .hub_skew = 1.5,
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
  EXPECT_TRUE(std::isnan(got[1].validation.alignment)) << "not measured";
  EXPECT_EQ(got[1].validation.effective_rank_centered, 12);
  EXPECT_EQ(got[1].validation.hub_skew, 1.5);
  EXPECT_TRUE(got[0].looks.empty());
  ASSERT_EQ(got[1].looks.size(), 2u);
  EXPECT_EQ(got[1].looks[1].step, 51);
  EXPECT_EQ(got[1].looks[1].triplet_active, 0.25);
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

TEST(HistoryTest, WhatEarlierVersionsDidNotMeasureIsNotANumber) {
  nlohmann::json json = nlohmann::json::parse(HistoryToJson(std::vector<HistoryEntry>(1)));
  json[0]["validation"].erase("robin_hood");
  json[0].erase("looks");
  LB_ASSERT_OK_AND_ASSIGN(const auto got, HistoryFromJson(json.dump()));
  EXPECT_TRUE(std::isnan(got[0].validation.robin_hood));
  EXPECT_TRUE(got[0].looks.empty());
  json[0]["validation"].erase("map");
  EXPECT_THAT(HistoryFromJson(json.dump()), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(HistoryTest, OtherTextIsDataLoss) {
  EXPECT_THAT(HistoryFromJson("{"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(HistoryFromJson("[{\"stage\": 3}]"), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace lookbook
