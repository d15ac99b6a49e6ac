#include "models/train/loss_landmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/loss/mulsupcon.h"
#include "models/loss/ntxent.h"
#include "models/loss/supcon.h"
#include "models/loss/triplet.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr int kBatch = 12;

LossRecipe Named(const std::string& name) {
  LossRecipe loss;
  loss.name = name;
  return loss;
}

LossRecipe Triplet(const std::string& miner, double margin, bool soft = false) {
  LossRecipe loss = Named("triplet");
  loss.triplet.miner = miner;
  loss.triplet.margin = margin;
  loss.triplet.soft = soft;
  return loss;
}

// What the losses themselves say of one vector for every image.
class ConstantMapTest : public ::testing::Test {
 protected:
  double Landmark(const LossRecipe& loss) const {
    return ConstantMapLoss(loss, kBatch).value_or(-1);
  }

  const torch::Tensor rows_ = torch::ones({kBatch, 8}, torch::kFloat64);
  const torch::Tensor targets_ =
      (torch::arange(kBatch).unsqueeze(1) % 3 == torch::arange(3)).to(torch::kFloat64);
  const PairRelation pairs_ = RelatePairs(targets_, {.positive_shared = 0});
};

TEST_F(ConstantMapTest, TripletsHaveTheirMarginOrLn2) {
  EXPECT_NEAR(TripletLoss(rows_, pairs_, {.margin = 0.3}).loss.item<double>(),
              Landmark(Triplet("batch_all", 0.3)), 1e-6);
  EXPECT_NEAR(TripletLoss(rows_, pairs_, {.miner = TripletMiner::kBatchHard, .margin = 0.3})
                  .loss.item<double>(),
              Landmark(Triplet("batch_hard", 0.3)), 1e-6);
  EXPECT_NEAR(TripletLoss(rows_, pairs_, {.form = TripletForm::kSoftplus}).loss.item<double>(),
              Landmark(Triplet("batch_all", 0.3, /*soft=*/true)), 1e-6);
}

TEST_F(ConstantMapTest, ContrastHasTheLogarithmOfItsCandidates) {
  EXPECT_NEAR(SupConLoss(rows_, pairs_).loss.item<double>(), Landmark(Named("supcon")), 1e-6);
  EXPECT_NEAR(MulSupConLoss(rows_, targets_).loss.item<double>(), Landmark(Named("supcon")), 1e-6);
  EXPECT_NEAR(NtXentLoss(rows_, rows_).item<double>(), Landmark(Named("ntxent")), 1e-6);
  EXPECT_NEAR(NtXentLoss(rows_, rows_, {.decoupled = true}).item<double>(), Landmark(Named("dcl")),
              1e-6);
}

TEST(ConstantMapLossTest, IsNotToldWhereItSaysNothing) {
  EXPECT_FALSE(ConstantMapLoss(Triplet("batch_all", 0), kBatch).has_value());
  EXPECT_FALSE(ConstantMapLoss(Triplet("semi_hard", 0.2), kBatch).has_value());
  EXPECT_FALSE(ConstantMapLoss(Triplet("easy_positive", 0.2), kBatch).has_value());
  for (const char* name : {"bce", "asl", "graded", "angular", "vicreg", "rotation"})
    EXPECT_FALSE(ConstantMapLoss(Named(name), kBatch).has_value()) << name;
  EXPECT_FALSE(ConstantMapLoss(Named("supcon"), 2).has_value()) << "log 1 is 0";
}

TEST(NoteLandmarksTest, CountsStepsInARowWithinOnePercent) {
  const Landmarks landmarks = LandmarksOf({Named("bce"), Triplet("batch_all", 0.5)}, kBatch);
  EXPECT_THAT(landmarks, ElementsAre(Pair("triplet", 0.5)));
  std::map<std::string, int64_t> steps;
  const auto note = [&](double triplet) {
    NoteLandmarks(landmarks, {{"bce", 0.5}, {"triplet", triplet}}, &steps);
    return steps["triplet"];
  };
  EXPECT_EQ(note(0.5), 1);
  EXPECT_EQ(note(0.504), 2);
  EXPECT_EQ(note(0.496), 3);
  EXPECT_EQ(note(0.506), 0);
  EXPECT_EQ(note(0.494), 0);
  EXPECT_EQ(note(0.5), 1);
  NoteLandmarks(landmarks, {{"bce", 0.5}}, &steps);
  EXPECT_EQ(steps["triplet"], 1) << "a batch without the term says nothing";
  steps.clear();
  NoteLandmarks({}, {{"triplet", 0.5}}, &steps);
  EXPECT_THAT(steps, IsEmpty());
}

}  // namespace
}  // namespace lookbook
