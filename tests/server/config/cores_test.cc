#include "server/config/cores.h"

#include <gtest/gtest.h>

#include <thread>

namespace lookbook {
namespace {

TEST(ParseCpuMaxTest, RoundsALimitUp) {
  EXPECT_EQ(ParseCpuMax("200000 100000\n"), 2);
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 2);
  EXPECT_EQ(ParseCpuMax("50000 100000\n"), 1);
}

TEST(ParseCpuMaxTest, NoLimitIsNull) {
  for (const char* text : {"max 100000\n", "", "100000", "0 100000", "100000 0", "a b"}) {
    EXPECT_FALSE(ParseCpuMax(text).has_value()) << text;
  }
}

TEST(UsableCoresTest, IsBetweenOneAndTheMachines) {
  EXPECT_GE(UsableCores(), 1);
  EXPECT_LE(UsableCores(), static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
}

}  // namespace
}  // namespace lookbook
