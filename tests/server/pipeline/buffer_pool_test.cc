#include "server/pipeline/buffer_pool.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace lookbook {
namespace {

TEST(BufferPoolTest, GivesOutWhatCameBackAndGrowsIt) {
  BufferPool<uint8_t> pool;
  std::vector<uint8_t> first = pool.Take(100);
  EXPECT_GE(first.size(), 100u);
  const uint8_t* memory = first.data();
  pool.Give(std::move(first));
  std::vector<uint8_t> again = pool.Take(50);
  EXPECT_EQ(again.data(), memory);
  EXPECT_GE(again.size(), 50u);
  EXPECT_NE(pool.Take(10).data(), memory) << "it is out";
  pool.Give(std::move(again));
  EXPECT_GE(pool.Take(1000).size(), 1000u);
}

}  // namespace
}  // namespace lookbook
