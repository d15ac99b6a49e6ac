#include "engine/embed/buffer_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace lookbook {
namespace {

using ::testing::ElementsAre;

TEST(BufferPlanTest, WhatDoesNotLiveTogetherSharesMemory) {
  const BufferPlan plan = PlanBuffers({{100, 0, 1}, {64, 1, 2}, {10, 2, 3}});
  EXPECT_THAT(plan.offsets, ElementsAre(0, 128, 0));
  EXPECT_EQ(plan.bytes, 192);
}

TEST(BufferPlanTest, AGapIsUsedWhereItIsLargeEnough) {
  const BufferPlan plan =
      PlanBuffers({{128, 0, 1}, {64, 0, 5}, {64, 2, 5}, {128, 3, 5}, {64, 4, 5}});
  EXPECT_THAT(plan.offsets, ElementsAre(0, 128, 0, 192, 64));
}

TEST(BufferPlanTest, NothingNeedsNothing) { EXPECT_EQ(PlanBuffers({}).bytes, 0); }

TEST(BufferPlanTest, ValuesThatLiveTogetherNeverOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<BufferUse> uses;
    for (int i = 0; i < 12; ++i) {
      const int from = static_cast<int>(random() % 12), length = static_cast<int>(random() % 5);
      uses.push_back({static_cast<int64_t>(random() % 500 + 1), from, from + length});
    }
    const BufferPlan plan = PlanBuffers(uses);
    for (size_t a = 0; a < uses.size(); ++a) {
      ASSERT_EQ(plan.offsets[a] % kBufferAlignment, 0);
      ASSERT_LE(plan.offsets[a] + uses[a].bytes, plan.bytes);
      for (size_t b = 0; b < a; ++b) {
        if (uses[a].from > uses[b].to || uses[b].from > uses[a].to) continue;
        const bool apart = plan.offsets[a] + uses[a].bytes <= plan.offsets[b] ||
                           plan.offsets[b] + uses[b].bytes <= plan.offsets[a];
        ASSERT_TRUE(apart) << a << " and " << b << " of round " << round;
      }
    }
  }
}

}  // namespace
}  // namespace lookbook
