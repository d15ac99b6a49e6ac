#include "base/snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace lookbook {
namespace {

TEST(SnapshotTest, IsNullUntilTheFirstValue) {
  Snapshot<int> snapshot;
  EXPECT_EQ(snapshot.Get(), nullptr);
  EXPECT_EQ(snapshot.Swap(std::make_shared<int>(1)), nullptr);
  EXPECT_EQ(*snapshot.Get(), 1);
}

TEST(SnapshotTest, SwapHandsTheOldValueBackAlive) {
  Snapshot<int> snapshot(std::make_shared<int>(1));
  std::weak_ptr<const int> watch = snapshot.Get();
  std::shared_ptr<const int> old = snapshot.Swap(std::make_shared<int>(2));
  EXPECT_EQ(*old, 1);
  EXPECT_FALSE(watch.expired());
  old.reset();
  EXPECT_TRUE(watch.expired());
}

// Both numbers of a pair are equal in every value ever stored: a torn read would show two.
TEST(SnapshotTest, ReadersSeeWholeValuesWhileWritersSwap) {
  using Pair = std::pair<int, int>;
  Snapshot<Pair> snapshot(std::make_shared<Pair>(0, 0));
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto value = snapshot.Get();
        if (value->first != value->second) ++torn;
      }
    });
  }
  for (int i = 1; i < 5000; ++i) snapshot.Swap(std::make_shared<Pair>(i, i));
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace lookbook
