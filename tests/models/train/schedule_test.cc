#include "models/train/schedule.h"

#include <gtest/gtest.h>

#include "tests/models/evaluate/oracle.h"

namespace lookbook {
namespace {

TEST(ScheduleTest, WarmupCosineMatchesTheReference) {
  const nlohmann::json want = ReadOracle()["optim"]["warmup_cosine"];
  const ScheduleRecipe schedule{.name = "warmup_cosine", .warmup = 0.25};  // 5 of 20 steps.
  for (int step = 0; step < 20; ++step) {
    EXPECT_NEAR(LearningRate(schedule, want["base"].get<double>(), step, 20),
                want["lr_by_step"][step].get<double>(), 1e-15)
        << step;
  }
}

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

TEST(ScheduleTest, AverageDecayMatchesTheReference) {
  const nlohmann::json want = ReadOracle()["optim"]["ema_decay_warm"];
  const int64_t updates[] = {0, 1, 10, 100, 100000};
  for (int i = 0; i < 5; ++i)
    EXPECT_NEAR(AverageDecay(0.999, updates[i]), want[i].get<double>(), 1e-15) << i;
}

}  // namespace
}  // namespace lookbook
