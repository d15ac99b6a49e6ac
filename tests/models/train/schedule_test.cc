#include "models/train/schedule.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

// The reference values: optim_oracle_test.cc.

TEST(ScheduleTest, ConstantStaysAfterItsWarmup) {
  const ScheduleRecipe schedule{.name = "constant", .warmup = 0.1};
  EXPECT_DOUBLE_EQ(LearningRate(schedule, 1e-3, 0, 20), 5e-4);
  EXPECT_DOUBLE_EQ(LearningRate(schedule, 1e-3, 1, 20), 1e-3);
  EXPECT_DOUBLE_EQ(LearningRate(schedule, 1e-3, 19, 20), 1e-3);
}

TEST(ScheduleTest, EdgesAreDefined) {
  EXPECT_DOUBLE_EQ(LearningRate({.name = "warmup_cosine", .warmup = 0}, 1e-3, 0, 1), 1e-3);
  EXPECT_DOUBLE_EQ(LearningRate({.name = "warmup_cosine", .warmup = 1}, 1e-3, 9, 10), 1e-3);
  // A base below the final rate never rises.
  EXPECT_DOUBLE_EQ(LearningRate({.name = "warmup_cosine", .warmup = 0}, 1e-8, 9, 10), 1e-8);
}

}  // namespace
}  // namespace lookbook
