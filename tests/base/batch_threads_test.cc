#include "base/batch_threads.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace lookbook {
namespace {

int PolicyOfANewThread() {
  int policy = -1;
  std::thread([&] { policy = ::sched_getscheduler(0); }).join();
  return policy;
}

TEST(BatchThreadsTest, ThreadsStartedMeanwhileAreBatchWorkAndNoOthers) {
  ASSERT_EQ(PolicyOfANewThread(), SCHED_OTHER);
  {
    const BatchThreads batch;
    EXPECT_EQ(PolicyOfANewThread(), SCHED_BATCH);
  }
  EXPECT_EQ(PolicyOfANewThread(), SCHED_OTHER);
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
}

TEST(BatchThreadsTest, APolicyThatSomebodyChoseStays) {
  std::thread([] {
    const struct sched_param none = {};
    ASSERT_EQ(::sched_setscheduler(0, SCHED_IDLE, &none), 0);
    {
      const BatchThreads batch;
      EXPECT_EQ(PolicyOfANewThread(), SCHED_IDLE);
    }
    EXPECT_EQ(::sched_getscheduler(0), SCHED_IDLE);
  }).join();
}

}  // namespace
}  // namespace lookbook
