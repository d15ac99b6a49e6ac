#include "models/train/collapse_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

// A trained pooled feature of the sample set.
ValidationResult Healthy() {
  ValidationResult v;
  v.images = v.ranked_images = 2000;
  v.std_sqrt_d = 0.68;
  v.mean_cosine = 0.55;
  v.mean_norm = 0.74;
  v.uniformity = -1.6;
  v.alignment_ratio = 0.5;
  v.alignment_pairs = 5000;
  v.effective_rank = 50;
  v.top1_singular_share = 0.55;
  v.hub_share = 0.016;
  v.hub_skew = 0.5;
  v.distinct_share = 0.99;
  v.feature_norm = 9;
  v.top_label_set_share = 0.1;
  v.map = 0.8;
  v.prevalence = 0.26;
  return v;
}

TEST(JudgeHealthTest, ATrainedFeatureIsGreen) {
  const HealthReport report = JudgeHealth(Healthy(), {.judge_labels = true});
  EXPECT_EQ(report.health, Health::kGreen);
  EXPECT_THAT(report.reasons, IsEmpty());
}

// Margin 0 on the sample set: std*sqrt(D) 0.006, mean cosine 1.00, one image in 9 % of all lists.
TEST(JudgeHealthTest, TheCollapsedTripletIsRedAndSaysWhy) {
  ValidationResult v = Healthy();
  v.std_sqrt_d = 0.006;
  v.mean_cosine = 1.0;
  v.uniformity = 0;
  v.hub_share = 0.091;
  v.mean_norm = 1;
  v.top1_singular_share = 1;
  v.effective_rank = 4.1;
  v.hub_skew = 3.7;
  const HealthReport report = JudgeHealth(v, {.pooled = false});
  EXPECT_EQ(report.health, Health::kRed);
  EXPECT_THAT(report.reasons,
              ElementsAre(StartsWith("std*sqrt(D) 0.006 < 0.050"), HasSubstr("mean cosine"),
                          HasSubstr("length of the mean"), HasSubstr("uniformity"),
                          HasSubstr("top singular share 1.000 > 0.980"),
                          HasSubstr("hub share 0.091 > 0.050"),
                          HasSubstr("hub skewness 3.700 > 2.000 (amber)")));
}

// Each figure of a table of docs/training.md, alone.
TEST(JudgeHealthTest, EveryFigureHasItsBounds) {
  struct Case {
    double ValidationResult::*figure;
    double amber, red;  // NaN: there is none.
  };
  const double none = std::nan("");
  for (const Case& c : {Case{&ValidationResult::std_sqrt_d, 0.29, 0.04},
                        Case{&ValidationResult::mean_cosine, 0.81, 0.99},
                        Case{&ValidationResult::mean_norm, 0.81, 0.99},
                        Case{&ValidationResult::uniformity, -0.7, -0.04},
                        Case{&ValidationResult::alignment_ratio, 0.96, none},
                        Case{&ValidationResult::effective_rank, 1.9, 1.05},
                        Case{&ValidationResult::top1_singular_share, 0.81, 0.99},
                        Case{&ValidationResult::hub_share, 0.04, 0.06},
                        Case{&ValidationResult::hub_skew, 2.1, none},
                        Case{&ValidationResult::distinct_share, 0.29, 0.04},
                        Case{&ValidationResult::feature_norm, none, 0},
                        Case{&ValidationResult::dead_norm_share, 0.6, 0.96}}) {
    const HealthContext context = {.pooled = false, .learns_labels = true};
    ValidationResult v = Healthy();
    v.mean_cosine = 0.5;
    ASSERT_EQ(JudgeHealth(v, context).health, Health::kGreen);
    for (const double value : {c.amber, c.red}) {
      if (std::isnan(value)) continue;
      v.*c.figure = value;
      const Health expected = value == c.amber ? Health::kAmber : Health::kRed;
      const HealthReport report = JudgeHealth(v, context);
      EXPECT_EQ(report.health, expected) << value;
      EXPECT_THAT(report.reasons, SizeIs(1)) << value;
      EXPECT_EQ(JudgeHealth(v, {.pooled = false, .judge_embedding = false}).health, Health::kGreen);
    }
  }
}

TEST(JudgeHealthTest, AlignmentIsJudgedOfEnoughPairsWhereLabelsAreLearned) {
  ValidationResult v = Healthy();
  v.alignment_ratio = 1;
  EXPECT_EQ(JudgeHealth(v, {.learns_labels = true}).health, Health::kAmber) << "scores tell";
  v.map = v.prevalence;
  EXPECT_EQ(JudgeHealth(v, {.learns_labels = true}).health, Health::kRed);
  EXPECT_EQ(JudgeHealth(v, {.learns_labels = false}).health, Health::kGreen);
  v.alignment_pairs = 99;
  EXPECT_EQ(JudgeHealth(v, {.learns_labels = true}).health, Health::kGreen);
}

TEST(JudgeHealthTest, AGradientOfNothingIsRed) {
  EXPECT_EQ(JudgeHealth(Healthy(), {.gradient_norm = 0}).health, Health::kRed);
  EXPECT_EQ(JudgeHealth(Healthy(), {.gradient_norm = 1e-6}).health, Health::kGreen);
}

TEST(JudgeHealthTest, NeighboursOfAHandfulAreNotJudged) {
  ValidationResult v = Healthy();
  v.ranked_images = 99;
  v.hub_skew = 5;
  v.distinct_share = 0.01;
  EXPECT_EQ(JudgeHealth(v, {}).health, Health::kGreen);
}

TEST(JudgeFoundEmbeddingTest, IsOfTheEmbeddingAlone) {
  ValidationResult v = Healthy();
  v.top_label_set_share = 1;
  v.map = 0.2;
  EXPECT_EQ(JudgeFoundEmbedding(v, /*pooled=*/true), Health::kGreen);
  v.std_sqrt_d = 0.04;
  EXPECT_EQ(JudgeFoundEmbedding(v, /*pooled=*/true), Health::kRed);
}

TEST(WorseHealthTest, IsTheWorseOfBoth) {
  EXPECT_EQ(WorseHealth("green", "red"), "red");
  EXPECT_EQ(WorseHealth("red", "amber"), "red");
  EXPECT_EQ(WorseHealth("amber", ""), "amber");
  EXPECT_EQ(WorseHealth("green", ""), "green");
}

TEST(JudgeHealthTest, APooledFeatureMayLieCloseTogether) {
  ValidationResult v = Healthy();  // A random network.
  v.std_sqrt_d = 0.16;
  v.mean_cosine = 0.97;
  v.uniformity = -0.13;
  EXPECT_EQ(JudgeHealth(v, {.pooled = true}).health, Health::kAmber);
  v.mean_cosine = 0.985;
  EXPECT_EQ(JudgeHealth(v, {.pooled = true}).health, Health::kAmber);
  EXPECT_EQ(JudgeHealth(v, {.pooled = false}).health, Health::kRed);
}

// A random network's feature is no fault of the head that is trained on it.
TEST(JudgeHealthTest, WhatTheStageCannotMoveIsNotJudged) {
  ValidationResult v = Healthy();
  v.std_sqrt_d = 0.04;
  v.mean_cosine = 0.999;
  v.uniformity = -0.001;
  v.hub_share = 0.2;
  EXPECT_EQ(JudgeHealth(v, {.judge_labels = true}).health, Health::kRed);
  EXPECT_EQ(JudgeHealth(v, {.judge_embedding = false, .judge_labels = true}).health,
            Health::kGreen);
  v.top_label_set_share = 0.7;
  v.map = 0.3;
  EXPECT_EQ(JudgeHealth(v, {.judge_embedding = false, .judge_labels = true}).health, Health::kRed);
}

TEST(MovesEmbeddingTest, AFrozenBackboneLetsOnlyALayerAboveItMove) {
  StageRecipe stage;
  EXPECT_TRUE(MovesEmbedding(stage, 0));
  stage.freeze = "norms";
  EXPECT_TRUE(MovesEmbedding(stage, 0));
  stage.freeze = "backbone";
  EXPECT_FALSE(MovesEmbedding(stage, 0));
  EXPECT_FALSE(MovesEmbedding(stage, 64)) << "classes do not reach it";
  stage.losses.push_back({.name = "supcon"});
  EXPECT_FALSE(MovesEmbedding(stage, 0));
  EXPECT_TRUE(MovesEmbedding(stage, 64));
}

TEST(JudgeHealthTest, OneLabelSetForAllCountsOnlyWhereLabelsAreJudged) {
  ValidationResult v = Healthy();
  v.top_label_set_share = 0.7;
  v.prevalence = 0.26;
  v.map = 0.3;
  EXPECT_EQ(JudgeHealth(v, {.judge_labels = true}).health, Health::kRed);
  EXPECT_EQ(JudgeHealth(v, {.judge_labels = false}).health, Health::kGreen);
  v.images = 99;
  EXPECT_EQ(JudgeHealth(v, {.judge_labels = true}).health, Health::kGreen) << "too few to tell";
}

// Scores that rank images well but seldom pass 0.5 are shy, not collapsed.
TEST(JudgeHealthTest, OneLabelSetWithTellingScoresIsAmber) {
  ValidationResult v = Healthy();
  v.top_label_set_share = 0.9;
  v.prevalence = 0.26;
  v.map = 0.4;
  EXPECT_EQ(JudgeHealth(v, {.judge_labels = true}).health, Health::kAmber);
}

TEST(JudgeHealthTest, ALossThatSitsOnItsLandmarkIsRedAfter200Steps) {
  HealthContext context;
  context.landmark_steps = {{"supcon", 199}};
  EXPECT_EQ(JudgeHealth(Healthy(), context).health, Health::kGreen);
  context.landmark_steps["supcon"] = 200;
  const HealthReport report = JudgeHealth(Healthy(), context);
  EXPECT_EQ(report.health, Health::kRed);
  EXPECT_THAT(
      report.reasons,
      ElementsAre("steps on a constant map's supcon loss 200 > 199: the loss does not move"));
}

// No active triplet is the end of the task or, with margin 0, of the embedding.
TEST(JudgeHealthTest, TheShareOfActiveTriplets) {
  HealthContext context;
  const auto judge = [&](double active, double ordered, double loss) {
    context.figures = {{"triplet_active", active},
                       {"triplet_ordered", ordered},
                       {"triplet", loss},
                       {"triplet_accuracy", 1}};  // By a margin of the recipe's: says nothing.
    context.landmarks = {{"triplet", 0.2}};
    return JudgeHealth(Healthy(), context).health;
  };
  EXPECT_EQ(judge(0.3, 0.9, 0.1), Health::kGreen);
  EXPECT_EQ(judge(0.019, 0.99, 0.1), Health::kAmber);
  EXPECT_EQ(judge(0, 1, 0), Health::kAmber) << "learned";
  EXPECT_EQ(judge(0, 0, 0), Health::kRed) << "one point: no distance is below another";
  EXPECT_EQ(judge(1, 0.4, 0.2), Health::kRed) << "all of them, and the loss is the margin";
  EXPECT_EQ(judge(1, 0.4, 0.3), Health::kGreen);
}

TEST(JudgeHealthTest, HubsOfASmallSampleAreMeasuredAgainstItsMean) {
  ValidationResult v = Healthy();
  v.ranked_images = 100;  // The mean item stands in 10 % of the lists.
  v.hub_share = 0.25;
  EXPECT_EQ(JudgeHealth(v, {}).health, Health::kGreen);
  v.hub_share = 0.6;
  EXPECT_EQ(JudgeHealth(v, {}).health, Health::kRed);
}

class NoteHealthTest : public ::testing::Test {
 protected:
  std::vector<GuardAction> Feed(std::vector<Health> healths) {
    std::vector<GuardAction> actions;
    for (const Health health : healths)
      actions.push_back(NoteHealth(recipe_, health, /*ends_stage=*/false, &state_));
    return actions;
  }
  GuardRecipe recipe_{.patience = 2, .max_restores = 2};
  GuardState state_;
};

constexpr Health kG = Health::kGreen, kA = Health::kAmber, kR = Health::kRed;

TEST_F(NoteHealthTest, RedTwiceGoesBackToGreenSlowerAndEasier) {
  EXPECT_THAT(Feed({kG, kR, kR}),
              ElementsAre(GuardAction::kKeepGreen, GuardAction::kGoOn, GuardAction::kRestore));
  EXPECT_DOUBLE_EQ(state_.rate_scale, 0.3);
  EXPECT_EQ(state_.easier, 1);
  EXPECT_EQ(state_.restores, 1);
}

TEST_F(NoteHealthTest, AnythingElseBetweenStartsTheCountAnew) {
  EXPECT_THAT(Feed({kG, kR, kA, kR, kG, kR}),
              ElementsAre(GuardAction::kKeepGreen, GuardAction::kGoOn, GuardAction::kGoOn,
                          GuardAction::kGoOn, GuardAction::kKeepGreen, GuardAction::kGoOn));
}

TEST_F(NoteHealthTest, WithoutAGreenStateThereIsNoWayBack) {
  EXPECT_THAT(Feed({kR, kR}), ElementsAre(GuardAction::kGoOn, GuardAction::kGiveUp));
}

TEST_F(NoteHealthTest, AfterTheLastWayBackItGivesUp) {
  EXPECT_THAT(Feed({kG, kR, kR, kR, kR, kR, kR}),
              ElementsAre(GuardAction::kKeepGreen, GuardAction::kGoOn, GuardAction::kRestore,
                          GuardAction::kGoOn, GuardAction::kRestore, GuardAction::kGoOn,
                          GuardAction::kGiveUp));
}

TEST_F(NoteHealthTest, WarmUpIsNotJudged) {
  recipe_.warmup = 2;
  EXPECT_THAT(Feed({kR, kR, kR, kR}), ElementsAre(GuardAction::kGoOn, GuardAction::kGoOn,
                                                  GuardAction::kGoOn, GuardAction::kGiveUp));
}

// Stages of one or two validations would otherwise hide a collapse.
TEST_F(NoteHealthTest, AStageThatWouldEndRedMakesItActAtOnce) {
  recipe_.warmup = 5;
  EXPECT_EQ(NoteHealth(recipe_, kR, /*ends_stage=*/true, &state_), GuardAction::kGiveUp);
  state_ = {};
  EXPECT_THAT(Feed({kG}), ElementsAre(GuardAction::kKeepGreen));
  EXPECT_EQ(NoteHealth(recipe_, kR, /*ends_stage=*/true, &state_), GuardAction::kRestore);
  EXPECT_EQ(state_.restores, 1);
  EXPECT_EQ(NoteHealth(recipe_, kA, /*ends_stage=*/true, &state_), GuardAction::kGoOn);
  recipe_.action = "report";
  EXPECT_EQ(NoteHealth(recipe_, kR, /*ends_stage=*/true, &state_), GuardAction::kGoOn);
}

TEST_F(NoteHealthTest, ByDefaultEveryValidationCounts) {
  recipe_ = GuardRecipe();
  EXPECT_THAT(Feed({kR, kR}), ElementsAre(GuardAction::kGoOn, GuardAction::kGiveUp));
}

TEST_F(NoteHealthTest, ReportOnlyNeverActs) {
  recipe_.action = "report";
  EXPECT_THAT(Feed({kG, kR, kR, kR}), ElementsAre(GuardAction::kKeepGreen, GuardAction::kGoOn,
                                                  GuardAction::kGoOn, GuardAction::kGoOn));
  recipe_.action = "off";
  EXPECT_THAT(Feed({kG, kR}), ElementsAre(GuardAction::kGoOn, GuardAction::kGoOn));
}

TEST(HealthNamedTest, IsTheOtherWayOfItsName) {
  for (const Health health : {kG, kA, kR}) EXPECT_EQ(HealthNamed(HealthName(health)), health);
}

TEST(EasierMinerTest, StepsDownToBatchAll) {
  EXPECT_EQ(EasierMiner("batch_hard", 0), "batch_hard");
  EXPECT_EQ(EasierMiner("batch_hard", 1), "semi_hard");
  EXPECT_EQ(EasierMiner("batch_hard", 2), "batch_all");
  EXPECT_EQ(EasierMiner("batch_all", 3), "batch_all");
  EXPECT_EQ(EasierMiner("easy_positive", 1), "easy_positive");
}

}  // namespace
}  // namespace lookbook
