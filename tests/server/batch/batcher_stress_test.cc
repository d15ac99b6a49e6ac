// Many producers, random cancels and deadlines, a shutdown in the middle: no item is lost, none
// answered twice.
#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "server/batch/batcher.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr int kProducers = 8;
constexpr int kItemsEach = 1250;
constexpr int kItems = kProducers * kItemsEach;
constexpr size_t kMaxBatch = 16;

struct Load {
  std::atomic<bool> cancelled{false};
  absl::Time deadline = absl::InfiniteFuture();
  bool dead_on_arrival = false;  // Cancelled before it was pushed.
  std::atomic<int> run{0};
  std::atomic<int> dropped{0};
  std::atomic<int> refused{0};
};

class BatcherStressTest : public ::testing::Test {
 protected:
  BatchHandlers<Load*> Handlers() {
    return {.run =
                [this](std::vector<Load*> batch) {
                  if (batch.empty() || batch.size() > kMaxBatch) ++oversized_;
                  for (Load* load : batch) ++load->run;
                  batches_ += 1;
                },
            .drop =
                [this](Load* load, DropReason reason) {
                  ++load->dropped;
                  if (reason == DropReason::kCancelled && !load->cancelled) ++wrong_reason_;
                  if (reason == DropReason::kDeadline && load->deadline > Clock::Steady()->Now()) {
                    ++wrong_reason_;
                  }
                },
            .queue_changed = [this](int depth, absl::Duration) { depth_ = depth; }};
  }

  // Pushes this producer's share; while it goes, cancels earlier items at random.
  // `patient` tries again when the queue is full.
  void Produce(Batcher<Load*>& batcher, int producer, bool patient) {
    std::mt19937 random(producer);
    Load* const mine = &loads_[producer * kItemsEach];
    for (int i = 0; i < kItemsEach; ++i) {
      Load* load = &mine[i];
      if (random() % 10 == 0) load->cancelled = load->dead_on_arrival = true;
      if (random() % 10 == 1) {
        load->deadline = Clock::Steady()->Now() + absl::Microseconds(random() % 300);
      }
      Load* item = load;
      absl::Status status;
      do {
        status = batcher.Push(&item, load->deadline, &load->cancelled);
      } while (patient && absl::IsResourceExhausted(status));
      if (!status.ok()) ++load->refused;
      if (random() % 10 == 2) mine[random() % (i + 1)].cancelled = true;
    }
  }

  void RunProducers(Batcher<Load*>& batcher, bool patient) {
    std::vector<std::thread> producers;
    for (int p = 0; p < kProducers; ++p) {
      producers.emplace_back([this, &batcher, p, patient] { Produce(batcher, p, patient); });
    }
    for (std::thread& producer : producers) producer.join();
  }

  void ExpectEachAnsweredOnce() {
    for (const Load& load : loads_) {
      ASSERT_EQ(load.run + load.dropped + load.refused, 1);
      if (load.dead_on_arrival) {
        ASSERT_EQ(load.run, 0) << "ran although cancelled before the push";
      }
    }
    EXPECT_EQ(wrong_reason_, 0);
    EXPECT_EQ(oversized_, 0);
  }

  std::vector<Load> loads_ = std::vector<Load>(kItems);
  std::atomic<int> oversized_{0};
  std::atomic<int> batches_{0};
  std::atomic<int> wrong_reason_{0};
  std::atomic<int> depth_{0};
};

TEST_F(BatcherStressTest, EveryItemIsRunOrDroppedOnce) {
  auto batcher = Batcher<Load*>::Create(
      {.workers = 3,
       .queue = {.max_size = int{kMaxBatch}, .max_delay = absl::Microseconds(200), .capacity = 64}},
      Handlers(), Clock::Steady());
  ASSERT_THAT(batcher, IsOk());
  RunProducers(**batcher, /*patient=*/true);
  (*batcher)->Shutdown();
  ExpectEachAnsweredOnce();
  for (const Load& load : loads_) ASSERT_EQ(load.refused, 0);
  EXPECT_GT(batches_, 0);
  EXPECT_EQ(depth_, 0) << "the gauge ends where the queue ends";
}

TEST_F(BatcherStressTest, ShutdownUnderLoadLosesNothing) {
  auto batcher =
      Batcher<Load*>::Create({.workers = 3, .queue = {.max_size = int{kMaxBatch}, .capacity = 64}},
                             Handlers(), Clock::Steady());
  ASSERT_THAT(batcher, IsOk());
  std::thread stopper([&] {
    while (batches_ < 20) std::this_thread::yield();
    (*batcher)->Shutdown();
  });
  RunProducers(**batcher, /*patient=*/true);
  stopper.join();
  ExpectEachAnsweredOnce();
  EXPECT_EQ(depth_, 0);
}

}  // namespace
}  // namespace lookbook
