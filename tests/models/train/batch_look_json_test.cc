#include "models/train/batch_look_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(BatchLookJsonTest, ComesBackBitForBit) {
  const BatchLook look = {
      .step = 51, .std_sqrt_d = 1.0 / 3, .triplet_active = 0.1, .triplet_accuracy = 2.0 / 3};
  const auto got = nlohmann::json::parse(nlohmann::json(look).dump()).get<BatchLook>();
  EXPECT_EQ(got.step, 51);
  EXPECT_EQ(got.std_sqrt_d, look.std_sqrt_d);
  EXPECT_THAT(got.triplet_active, Optional(*look.triplet_active));
  EXPECT_THAT(got.triplet_accuracy, Optional(*look.triplet_accuracy));
}

TEST(BatchLookJsonTest, WhatIsNotThereHasNoKey) {
  const nlohmann::json json = BatchLook{.step = 1, .std_sqrt_d = 0.5};
  EXPECT_EQ(json.size(), 2u);
  EXPECT_THAT(json.get<BatchLook>().triplet_active, Eq(std::nullopt));
  EXPECT_THROW(nlohmann::json::parse("{\"step\": 1}").get<BatchLook>(), nlohmann::json::exception);
}

}  // namespace
}  // namespace lookbook
