// Where the losses lead near a collapse, the map that sends every image to one point: whether the
// way there goes down, and whether the gradient leads away.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>

#include "models/loss/angular.h"
#include "models/loss/distance.h"
#include "models/loss/supcon.h"
#include "models/loss/triplet.h"

namespace lookbook {
namespace {

constexpr int64_t kImages = 24, kDim = 8, kClasses = 4;
constexpr double kMargin = 0.2;

using Loss = std::function<torch::Tensor(const torch::Tensor&)>;

class CollapseTest : public testing::TestWithParam<int> {
 protected:
  CollapseTest() {
    torch::manual_seed(GetParam());
    noise_ = torch::randn({kImages, kDim}, torch::kFloat64);
    point_ = torch::randn({1, kDim}, torch::kFloat64).repeat({kImages, 1});
    const torch::Tensor classes = torch::arange(kImages, torch::kInt64).remainder(kClasses);
    pairs_ = RelatePairs(torch::one_hot(classes, kClasses).to(torch::kFloat64),
                         {.rule = PairRule::kStrict, .positive_shared = 0});
  }

  Loss Triplet(TripletMiner miner, double margin) const {
    return [=, this](const torch::Tensor& x) {
      return TripletLoss(x, pairs_, {.miner = miner, .margin = margin}).loss;
    };
  }
  Loss Angular() const {
    return [this](const torch::Tensor& x) { return AngularLoss(x, pairs_, 0).loss; };
  }
  Loss SupCon() const {
    return [this](const torch::Tensor& x) { return SupConLoss(x, pairs_).loss; };
  }

  static double Value(const Loss& loss, const torch::Tensor& x) { return loss(x).item<double>(); }
  static double GradientNorm(const Loss& loss, const torch::Tensor& at) {
    const torch::Tensor x = at.clone().requires_grad_();
    loss(x).backward();
    return x.grad().norm().item<double>();
  }
  // Mean cosine of the pairs that `mask` marks.
  static double MeanCosine(const torch::Tensor& x, const torch::Tensor& mask) {
    return CosineSimilarity(x).masked_select(mask).mean().item<double>();
  }
  // Where 300 steps of Adam lead.
  static torch::Tensor Descend(const Loss& loss, const torch::Tensor& from) {
    torch::Tensor x = from.clone().requires_grad_();
    torch::optim::Adam optimizer({x}, torch::optim::AdamOptions(0.02));
    for (int step = 0; step < 300; ++step) {
      optimizer.zero_grad();
      loss(x).backward();
      optimizer.step();
    }
    return x.detach();
  }

  torch::Tensor noise_;  // What a network without training gives, in place of features.
  torch::Tensor point_;  // The collapse.
  PairRelation pairs_;
};

TEST_P(CollapseTest, WithoutMarginTheTripletRestsThere) {
  const Loss loss = Triplet(TripletMiner::kBatchAll, 0);
  EXPECT_EQ(Value(loss, point_), 0);
  EXPECT_EQ(GradientNorm(loss, point_), 0);
  EXPECT_TRUE(torch::equal(Descend(loss, point_), point_)) << "nothing leads away";
}

TEST_P(CollapseTest, AMarginIsWhatTheTripletStillPaysThere) {
  for (const TripletMiner miner : {TripletMiner::kBatchAll, TripletMiner::kBatchHard}) {
    const Loss loss = Triplet(miner, kMargin);
    EXPECT_NEAR(Value(loss, point_), kMargin, 1e-9);
    EXPECT_EQ(GradientNorm(loss, point_), 0) << "but nothing leads away from the very point";
    EXPECT_GT(GradientNorm(loss, point_ + 0.01 * noise_), 0.01) << "off it there is";
  }
}

// From random features all that batch-hard sees is the way to the point; angular sees a hill.
TEST_P(CollapseTest, TheWayFromRandomFeaturesIsDownForBatchHardAndUpForAngular) {
  const Loss hard = Triplet(TripletMiner::kBatchHard, kMargin);
  double last_hard = Value(hard, noise_);
  for (const double share : {0.5, 0.8, 0.95, 1.0}) {
    const torch::Tensor x = (1 - share) * noise_ + share * 4 * point_;
    const double value = Value(hard, x);
    EXPECT_LT(value, last_hard) << share;
    last_hard = value;
  }
  EXPECT_LT(Value(Angular(), noise_), Value(Angular(), point_));
}

TEST_P(CollapseTest, AngularAndSupConLeadAway) {
  for (const Loss& loss : {Angular(), SupCon()}) {
    const torch::Tensor start = point_ + 0.01 * noise_;
    ASSERT_GT(MeanCosine(start, pairs_.negative), 0.99);
    EXPECT_GT(GradientNorm(loss, start), 1e-4);
    const torch::Tensor end = Descend(loss, start);
    EXPECT_LT(Value(loss, end), Value(loss, start));
    EXPECT_LT(MeanCosine(end, pairs_.negative), 0.5);
    EXPECT_GT(MeanCosine(end, pairs_.positive), 0.8);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CollapseTest, testing::Range(0, 4));

}  // namespace
}  // namespace lookbook
