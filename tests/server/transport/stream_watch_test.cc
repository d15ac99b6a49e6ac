#include "server/transport/stream_watch.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// Thread-safe.
class Looks {
 public:
  void Add() {
    MutexLock lock(&mutex_);
    ++looks_;
    changed_.NotifyAll();
  }
  void Await(int looks) {
    MutexLock lock(&mutex_);
    while (looks_ < looks) changed_.Wait(&mutex_);
  }
  int count() const {
    MutexLock lock(&mutex_);
    return looks_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  int looks_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(StreamWatchTest, LooksAgainAndAgainUntilItIsDestroyed) {
  Looks looks;
  LB_ASSERT_OK_AND_ASSIGN(auto watch,
                          StreamWatch::Start(absl::Milliseconds(1), [&] { looks.Add(); }));
  looks.Await(3);
  watch.reset();
  const int looked = looks.count();
  looks.Add();  // Had the thread gone on, this would race with it.
  EXPECT_EQ(looks.count(), looked + 1);
}

TEST(StreamWatchTest, ALongIntervalDoesNotHoldItsEnd) {
  Looks looks;
  LB_ASSERT_OK_AND_ASSIGN(auto watch, StreamWatch::Start(absl::Hours(24), [&] { looks.Add(); }));
  watch.reset();
  EXPECT_EQ(looks.count(), 0);
}

TEST(StreamWatchTest, AnIdleStreamIsSeenWithinATenthOfItsTime) {
  EXPECT_EQ(StreamWatchInterval(absl::Minutes(5)), absl::Seconds(30));
  EXPECT_EQ(StreamWatchInterval(absl::Milliseconds(1)), absl::Milliseconds(10));
}

}  // namespace
}  // namespace lookbook
