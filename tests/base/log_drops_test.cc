#include "base/log_drops.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

TEST(LogDropsTest, EachKindIsCountedForItself) {
  const int64_t requests = LogDrops(LogDrop::kRequest), errors = LogDrops(LogDrop::kError),
                repeated = LogDrops(LogDrop::kRepeated);
  CountLogDrop(LogDrop::kRequest);
  CountLogDrop(LogDrop::kRequest);
  CountLogDrop(LogDrop::kRepeated);
  EXPECT_EQ(LogDrops(LogDrop::kRequest), requests + 2);
  EXPECT_EQ(LogDrops(LogDrop::kError), errors);
  EXPECT_EQ(LogDrops(LogDrop::kRepeated), repeated + 1);
}

}  // namespace
}  // namespace lookbook
