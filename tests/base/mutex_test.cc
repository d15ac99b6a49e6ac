#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace lookbook {
namespace {

TEST(MutexTest, KeepsCountersExact) {
  Mutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10000; ++i) {
        MutexLock lock(&mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 40000);
}

TEST(CondVarTest, WaitReturnsWithTheMutexHeldOnceNotified) {
  Mutex mutex;
  CondVar changed;
  bool ready = false, seen = false;
  std::thread waiter([&] {
    MutexLock lock(&mutex);
    while (!ready) changed.Wait(&mutex);
    seen = true;
  });
  {
    MutexLock lock(&mutex);
    ready = true;
  }
  changed.NotifyAll();
  waiter.join();
  EXPECT_TRUE(seen);
}

TEST(CondVarTest, WaitForEndsWithoutANotification) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(&mutex);
  never.WaitFor(&mutex, absl::Milliseconds(1));
  never.WaitFor(&mutex, absl::ZeroDuration());
  never.WaitFor(&mutex, -absl::Seconds(1));
}

TEST(CondVarTest, AnInfiniteWaitEndsByNotification) {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  std::thread notifier([&] {
    MutexLock lock(&mutex);
    ready = true;
    changed.NotifyOne();
  });
  {
    MutexLock lock(&mutex);
    while (!ready) changed.WaitFor(&mutex, absl::InfiniteDuration());
    EXPECT_TRUE(ready);
  }
  notifier.join();
}

}  // namespace
}  // namespace lookbook
