#include "server/transport/log_budget.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);

TEST(LogBudgetTest, SoManyASecondAndTheRestAreCounted) {
  LogBudget budget(2);
  int64_t left_out = -1;
  EXPECT_TRUE(budget.Take(kStart, &left_out));
  EXPECT_EQ(left_out, 0);
  EXPECT_TRUE(budget.Take(kStart, &left_out));
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(budget.Take(kStart + absl::Milliseconds(999), &left_out));
  EXPECT_TRUE(budget.Take(kStart + absl::Seconds(1), &left_out));
  EXPECT_EQ(left_out, 5);
  EXPECT_TRUE(budget.Take(kStart + absl::Seconds(1), &left_out));
  EXPECT_EQ(left_out, 0) << "told once";
}

TEST(LogBudgetTest, WhatIsLeftOutIsADrop) {
  const int64_t errors = LogDrops(LogDrop::kError), repeated = LogDrops(LogDrop::kRepeated);
  LogBudget of_errors(1, LogDrop::kError), of_anything(1);
  int64_t left_out = 0;
  for (int i = 0; i < 4; ++i) of_errors.Take(kStart, &left_out);
  for (int i = 0; i < 3; ++i) of_anything.Take(kStart, &left_out);
  EXPECT_EQ(LogDrops(LogDrop::kError), errors + 3);
  EXPECT_EQ(LogDrops(LogDrop::kRepeated), repeated + 2);
}

TEST(LogBudgetTest, ZeroIsNeverAndNoDrop) {
  const int64_t repeated = LogDrops(LogDrop::kRepeated);
  LogBudget budget(0);
  int64_t left_out = 0;
  EXPECT_FALSE(budget.Take(kStart, &left_out));
  EXPECT_EQ(LogDrops(LogDrop::kRepeated), repeated);
}

}  // namespace
}  // namespace lookbook
