#include "server/pipeline/image_memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>
#include <vector>

namespace lookbook {
namespace {

class ImageMemoryTest : public ::testing::Test {
 protected:
  double Taken() const { return gauge_.Value(); }

  ServerMetrics metrics_{{"test"}};
  GaugeHandle gauge_ = metrics_.image_memory_bytes();
  ImageMemory memory_{100, gauge_};
};

TEST_F(ImageMemoryTest, GivesWhatThereIsAndNotAByteMore) {
  EXPECT_TRUE(memory_.TryTake(60));
  EXPECT_FALSE(memory_.TryTake(41));
  EXPECT_EQ(Taken(), 60) << "who got nothing took nothing";
  EXPECT_TRUE(memory_.TryTake(40));
  EXPECT_FALSE(memory_.TryTake(1));
  EXPECT_TRUE(memory_.TryTake(0));
  memory_.Give(60);
  EXPECT_TRUE(memory_.TryTake(60));
  memory_.Give(100);
  EXPECT_EQ(Taken(), 0);
}

TEST_F(ImageMemoryTest, NoSizeOverflows) {
  EXPECT_TRUE(memory_.TryTake(1));
  EXPECT_FALSE(memory_.TryTake(std::numeric_limits<int64_t>::max()));
  memory_.Give(1);
}

TEST_F(ImageMemoryTest, IsNeverGivenTwice) {
  std::atomic<int64_t> inside{0}, most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        const int64_t bytes = 10 + 13 * t;
        if (!memory_.TryTake(bytes)) continue;
        const int64_t now = inside += bytes;
        for (int64_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        inside -= bytes;
        memory_.Give(bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 100);
  EXPECT_TRUE(memory_.TryTake(100));
  memory_.Give(100);
}

}  // namespace
}  // namespace lookbook
