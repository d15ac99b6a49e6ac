#include "server/lifecycle/memory_watch.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

TEST(MemoryWatchTest, AsMuchAsTheBoundIsWellAndAByteMoreIsShort) {
  MemoryWatch watch({.bytes = 1600});
  EXPECT_EQ(watch.Judge(1600), MemoryVerdict::kWell);
  EXPECT_EQ(watch.Judge(1601), MemoryVerdict::kShort);
}

TEST(MemoryWatchTest, ItIsWellAgainOnlyWithSomeRoom) {
  MemoryWatch watch({.bytes = 1600});
  watch.Judge(1700);
  EXPECT_EQ(watch.Judge(1600), MemoryVerdict::kShort);
  EXPECT_EQ(watch.Judge(1501), MemoryVerdict::kShort);
  EXPECT_EQ(watch.Judge(1500), MemoryVerdict::kWell);
  EXPECT_EQ(watch.Judge(1600), MemoryVerdict::kWell);
}

TEST(MemoryWatchTest, AnEighthMoreIsTheEndWhereOneIsWanted) {
  MemoryWatch watch({.bytes = 1600}), patient({.bytes = 1600, .give_up = false});
  EXPECT_EQ(watch.Judge(1800), MemoryVerdict::kShort);
  EXPECT_EQ(watch.Judge(1801), MemoryVerdict::kGiveUp);
  EXPECT_EQ(patient.Judge(1'000'000), MemoryVerdict::kShort);
}

TEST(MemoryWatchTest, TheEndComesBeforeTheLimit) {
  const int64_t limit = int64_t{4} << 30, bound = MemoryBoundFor(limit);
  EXPECT_GT(bound, limit / 2);
  EXPECT_LT(bound + bound / 8, limit - limit / 16);
}

}  // namespace
}  // namespace lookbook
