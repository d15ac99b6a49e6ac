#include "base/thread_pool.h"

#include <pthread.h>

#include <atomic>
#include <future>
#include <string>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A task that holds its thread until released.
class Gate {
 public:
  std::function<void()> Task() {
    return [this] {
      entered_.set_value();
      released_.get_future().wait();
    };
  }
  void AwaitEntered() { entered_.get_future().wait(); }
  void Release() { released_.set_value(); }

 private:
  std::promise<void> entered_, released_;
};

TEST(ThreadPoolTest, RunsEveryTaskOnce) {
  std::atomic<int> ran{0};
  LB_ASSERT_OK_AND_ASSIGN(auto pool, ThreadPool::Create({.name = "t", .threads = 3, .capacity = 1000}));
  for (int i = 0; i < 1000; ++i) ASSERT_THAT(pool->Submit([&] { ++ran; }), IsOk());
  pool->Shutdown();
  EXPECT_EQ(ran, 1000);
}

TEST(ThreadPoolTest, OneThreadKeepsTheOrder) {
  std::string order;
  LB_ASSERT_OK_AND_ASSIGN(auto pool, ThreadPool::Create({.threads = 1, .capacity = 10}));
  for (char c : std::string("abcdef")) ASSERT_THAT(pool->Submit([&order, c] { order += c; }), IsOk());
  pool->Shutdown();
  EXPECT_EQ(order, "abcdef");
}

TEST(ThreadPoolTest, AFullQueueRefusesAndNamesItsCapacity) {
  Gate gate;
  LB_ASSERT_OK_AND_ASSIGN(auto pool, ThreadPool::Create({.name = "decode", .threads = 1, .capacity = 2}));
  ASSERT_THAT(pool->Submit(gate.Task()), IsOk());
  gate.AwaitEntered();
  EXPECT_EQ(pool->busy(), 1);
  ASSERT_THAT(pool->Submit([] {}), IsOk());
  ASSERT_THAT(pool->Submit([] {}), IsOk());
  EXPECT_EQ(pool->queued(), 2);
  EXPECT_THAT(pool->Submit([] {}), StatusIs(absl::StatusCode::kResourceExhausted,
                                            AllOf(HasSubstr("decode"), HasSubstr("all 2"))));
  gate.Release();
}

TEST(ThreadPoolTest, ShutdownRunsWhatWaitsAndRefusesWhatComes) {
  Gate gate;
  std::atomic<int> ran{0};
  LB_ASSERT_OK_AND_ASSIGN(auto pool, ThreadPool::Create({.threads = 1, .capacity = 4}));
  ASSERT_THAT(pool->Submit(gate.Task()), IsOk());
  for (int i = 0; i < 3; ++i) ASSERT_THAT(pool->Submit([&] { ++ran; }), IsOk());
  gate.Release();
  pool->Shutdown();
  EXPECT_EQ(ran, 3);
  EXPECT_THAT(pool->Submit([] {}), StatusIs(absl::StatusCode::kUnavailable));
  pool->Shutdown();  // Again: nothing happens.
}

TEST(ThreadPoolTest, ThreadsCarryThePoolsName) {
  std::promise<std::string> name;
  LB_ASSERT_OK_AND_ASSIGN(auto pool, ThreadPool::Create({.name = "embed", .threads = 1}));
  ASSERT_THAT(pool->Submit([&] {
    char buffer[16];
    pthread_getname_np(pthread_self(), buffer, sizeof buffer);
    name.set_value(buffer);
  }), IsOk());
  EXPECT_EQ(name.get_future().get(), "embed-0");
}

TEST(ThreadPoolTest, ATasksCapturesDieBeforeItStopsCountingAsBusy) {
  LB_ASSERT_OK_AND_ASSIGN(auto pool, ThreadPool::Create({.threads = 1}));
  auto token = std::make_shared<int>(0);
  std::weak_ptr<int> watch = token;
  ASSERT_THAT(pool->Submit([token] {}), IsOk());
  token.reset();
  pool->Shutdown();
  EXPECT_TRUE(watch.expired());
}

TEST(ThreadPoolTest, RefusesNonsense) {
  EXPECT_THAT(ThreadPool::Create({.threads = 0}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ThreadPool::Create({.capacity = 0}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
