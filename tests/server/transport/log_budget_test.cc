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

TEST(LogBudgetTest, ZeroIsNever) {
  LogBudget budget(0);
  int64_t left_out = 0;
  EXPECT_FALSE(budget.Take(kStart, &left_out));
}

}  // namespace
}  // namespace lookbook
