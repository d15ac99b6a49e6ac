#include "models/train/batch_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace lookbook {
namespace {

using ::testing::Eq;
using ::testing::Optional;

ObjectiveValue ValueOf(torch::Tensor embedding) {
  ObjectiveValue value;
  value.output.embedding = std::move(embedding);
  return value;
}

TEST(BatchLookTest, TheSpreadIsThatOfTheBatch) {
  // Each dimension has half of its rows at 1 and half at 0: a deviation of 1/2.
  const BatchLook look = LookAtBatch(51, ValueOf(torch::eye(2)));
  EXPECT_EQ(look.step, 51);
  EXPECT_NEAR(look.std_sqrt_d, std::sqrt(2.0) / 2, 1e-6);
  EXPECT_EQ(LookAtBatch(1, ValueOf(torch::ones({4, 3}))).std_sqrt_d, 0);
}

TEST(BatchLookTest, TripletsAreThoseOfTheBatchWhereItHasSome) {
  ObjectiveValue value = ValueOf(torch::eye(2));
  EXPECT_THAT(LookAtBatch(1, value).triplet_active, Eq(std::nullopt));
  value.shares = {{"triplet_active", {0, 0}}, {"triplet_accuracy", {0, 0}}};
  EXPECT_THAT(LookAtBatch(1, value).triplet_active, Eq(std::nullopt)) << "a share of nothing";
  value.shares = {{"triplet_active", {1, 4}}, {"triplet_accuracy", {3, 4}}};
  const BatchLook look = LookAtBatch(1, value);
  EXPECT_THAT(look.triplet_active, Optional(0.25));
  EXPECT_THAT(look.triplet_accuracy, Optional(0.75));
}

TEST(BatchLookTest, SharesThatAreLeftOnTheDeviceAreRead) {
  ObjectiveValue value = ValueOf(torch::eye(2));
  value.terms["triplet_active"] = torch::tensor(0.5f);
  EXPECT_THAT(LookAtBatch(1, value).triplet_active, Optional(0.5));
}

}  // namespace
}  // namespace lookbook
