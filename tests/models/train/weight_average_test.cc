#include "models/train/weight_average.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/utils.h>

#include "models/train/schedule.h"

namespace lookbook {
namespace {

class WeightAverageTest : public ::testing::Test {
 protected:
  void Set(double value) {
    torch::NoGradGuard no_grad;
    net_->weight.fill_(value);
    net_->running_mean.fill_(10 * value);
  }
  torch::nn::BatchNorm1d net_{1};
};

TEST_F(WeightAverageTest, AveragesParametersAndCopiesBuffers) {
  Set(1);
  WeightAverage average(*net_, 0.99);
  double want = 1;
  for (int t = 0; t < 30; ++t) {
    Set(t);
    average.Update();
    const double decay = AverageDecay(0.99, t);
    want = decay * want + (1 - decay) * t;
    EXPECT_NEAR(average.values().at("weight").item<double>(), want, 1e-4) << t;
    EXPECT_EQ(average.values().at("running_mean").item<double>(), 10 * t);
  }
  EXPECT_EQ(average.updates(), 30);
  EXPECT_EQ(net_->weight.item<double>(), 29) << "the network itself is left alone";
}

TEST_F(WeightAverageTest, SwapExchangesAndSwapsBackExactly) {
  Set(0.1);
  WeightAverage average(*net_, 0.9);
  Set(0.7);
  average.Update();
  const torch::Tensor averaged = average.values().at("weight").clone();
  average.Swap();
  EXPECT_TRUE(torch::equal(net_->weight, averaged));
  EXPECT_TRUE(net_->weight.requires_grad());
  average.Swap();
  EXPECT_TRUE(torch::equal(net_->weight, torch::full({1}, 0.7f)));
  EXPECT_TRUE(torch::equal(average.values().at("weight"), averaged));
}

}  // namespace
}  // namespace lookbook
