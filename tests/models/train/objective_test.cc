#include "models/train/objective.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lookbook {
namespace {

double Softplus(double x) { return std::log1p(std::exp(x)); }

class ObjectiveTest : public ::testing::Test {
 protected:
  ObjectiveTest() {
    output_.logits = torch::tensor({{2.0f, -1.0f}, {0.5f, 0.0f}});
    output_.attribute_logits = torch::tensor({{3.0f}, {-2.0f}});
    batch_.targets = torch::tensor({{1.0f, 0.0f}, {0.0f, 1.0f}});
    batch_.attribute_targets = torch::tensor({{0.0f}, {0.0f}});
    batch_.attribute_mask =
        torch::tensor({{1.0f}, {0.0f}});  // The second image's attributes are unknown.
  }
  const double classes_ = (Softplus(-2) + Softplus(-1) + Softplus(0.5) + Softplus(0)) / 4;
  const double attributes_ = Softplus(3);
  NetworkOutput output_;
  Batch batch_;
};

TEST_F(ObjectiveTest, AddsClassesAndKnownAttributes) {
  EXPECT_NEAR(Objective(output_, batch_, {{}}).item<double>(), classes_ + attributes_, 1e-6);
}

TEST_F(ObjectiveTest, WeightsApply) {
  EXPECT_NEAR(Objective(output_, batch_, {{.weight = 2, .attribute_weight = 0.5}}).item<double>(),
              2 * (classes_ + 0.5 * attributes_), 1e-6);
  EXPECT_NEAR(Objective(output_, batch_, {{.attribute_weight = 0}}).item<double>(), classes_, 1e-6);
}

TEST_F(ObjectiveTest, NetworkWithoutAttributesHasOnlyClasses) {
  output_.attribute_logits = torch::Tensor();
  EXPECT_NEAR(Objective(output_, batch_, {{}}).item<double>(), classes_, 1e-6);
}

TEST_F(ObjectiveTest, SmoothingMovesTargetsTowardsOneHalf) {
  const double e = 0.1;
  double want = 0;
  const double logits[] = {2, -1, 0.5, 0}, targets[] = {1, 0, 0, 1};
  for (int i = 0; i < 4; ++i) {
    const double y = targets[i] * (1 - e) + e / 2;
    want += (y * Softplus(-logits[i]) + (1 - y) * Softplus(logits[i])) / 4;
  }
  EXPECT_NEAR(Objective(output_, batch_, {{.smoothing = e, .attribute_weight = 0}}).item<double>(),
              want, 1e-6);
}

TEST_F(ObjectiveTest, UnknownLossIsRefused) {
  EXPECT_THROW(Objective(output_, batch_, {{.name = "asl"}}), c10::Error);
}

}  // namespace
}  // namespace lookbook
