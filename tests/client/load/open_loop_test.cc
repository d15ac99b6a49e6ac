#include "client/load/open_loop.h"

#include <atomic>
#include <thread>

#include "tests/client/load/puppet_caller.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr absl::Duration kMs = absl::Milliseconds(1);

class OpenLoopTest : public ::testing::Test {
 protected:
  // What came of all calls so far.
  WindowTally TakeAll() {
    caller_.EndAll();
    ledger_.OpenNext();
    return ledger_.Take(0);
  }

  ManualClock clock_;
  PuppetCaller caller_;
  CallLedger ledger_{absl::Seconds(1)};
};

TEST_F(OpenLoopTest, SendsWhatIsDueAndSaysWhenTheNextIs) {
  OpenLoop loop({.rate = 100, .seed = 3}, &caller_, &ledger_, &clock_);
  PoissonArrivals expected(100, 3, clock_.Now());
  for (size_t sent = 1; sent <= 50; ++sent) {
    expected.Advance();
    EXPECT_EQ(loop.StartDue(), expected.due());
    EXPECT_EQ(caller_.pending(), sent);
    clock_.Advance(expected.due() - clock_.Now());
  }
  caller_.EndAll();
}

TEST_F(OpenLoopTest, CallsComeWhateverBecameOfThoseBefore) {
  OpenLoop loop({.rate = 100}, &caller_, &ledger_, &clock_);
  for (int i = 0; i < 1000; ++i) {
    loop.StartDue();
    clock_.Advance(kMs);
  }
  // One second at 100/s; none was answered. Four standard deviations.
  EXPECT_NEAR(static_cast<double>(caller_.pending()), 100, 40);
  caller_.EndAll();
}

TEST_F(OpenLoopTest, ASlowServerIsNotExcusedFromTheWaitingItCauses) {
  OpenLoop loop({.rate = 100}, &caller_, &ledger_, &clock_);
  // A server that answers one call every 20 ms can take half of what comes.
  for (int i = 0; i < 1000; ++i) {
    loop.StartDue();
    if (i % 20 == 0) caller_.EndOldest();
    clock_.Advance(kMs);
  }
  const WindowTally tally = TakeAll();
  EXPECT_LE(tally.lag.Max(), kMs);  // The generator was in time, to the step of the clock.
  EXPECT_GE(tally.latency.Quantile(0.99), 300 * kMs);  // Half of the second's calls waited.
}

TEST_F(OpenLoopTest, ALateGeneratorSendsEverythingAndOwnsUpToIt) {
  OpenLoop loop({.rate = 100}, &caller_, &ledger_, &clock_);
  loop.StartDue();
  clock_.Advance(absl::Seconds(1));  // Nothing was sent meanwhile.
  loop.StartDue();
  const WindowTally tally = TakeAll();  // Answered the moment they were sent.
  EXPECT_NEAR(static_cast<double>(tally.sent()), 100, 40);
  EXPECT_GE(tally.lag.Quantile(0.99), 900 * kMs);
  EXPECT_GE(tally.latency.Quantile(0.99), 900 * kMs);
  EXPECT_EQ(tally.left_out, 0);
}

TEST_F(OpenLoopTest, BeyondTheCapCallsAreCountedAndNotSent) {
  OpenLoop loop({.rate = 100, .max_in_flight = 10}, &caller_, &ledger_, &clock_);
  for (int i = 0; i < 1000; ++i) {
    loop.StartDue();
    clock_.Advance(kMs);
  }
  EXPECT_EQ(caller_.pending(), 10u);
  const WindowTally tally = TakeAll();
  EXPECT_EQ(tally.sent(), 10);
  EXPECT_EQ(tally.left_out, tally.due - 10);
  EXPECT_NEAR(static_cast<double>(tally.due), 100, 40);
}

// Ends calls until Stop() has returned.
void StopWhileCallsEnd(OpenLoop& loop, PuppetCaller& caller) {
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    loop.Stop();
    stopped = true;
  });
  while (!stopped) caller.EndAll();
  stopper.join();
}

TEST_F(OpenLoopTest, ItsThreadSendsUntilItIsStopped) {
  OpenLoop loop({.rate = 10'000}, &caller_, &ledger_, Clock::Steady());
  ASSERT_THAT(loop.Start(), IsOk());
  while (caller_.numbers().size() < 20) std::this_thread::yield();
  StopWhileCallsEnd(loop, caller_);
  EXPECT_EQ(ledger_.in_flight(), 0);
  const auto sent = static_cast<int64_t>(caller_.numbers().size());
  EXPECT_EQ(TakeAll().answered(), sent);
}

TEST_F(OpenLoopTest, AThreadThatNeverCatchesUpCanBeStopped) {
  OpenLoop loop({.rate = 1e9, .max_in_flight = 1}, &caller_, &ledger_, Clock::Steady());
  ASSERT_THAT(loop.Start(), IsOk());
  while (ledger_.Due(0) < 1000) std::this_thread::yield();
  StopWhileCallsEnd(loop, caller_);
  EXPECT_GT(TakeAll().left_out, 0);
}

TEST_F(OpenLoopTest, ALongPauseBeforeTheNextCallDoesNotDelayStop) {
  OpenLoop loop({.rate = 1e-6}, &caller_, &ledger_, Clock::Steady());  // One in eleven days.
  ASSERT_THAT(loop.Start(), IsOk());
  while (caller_.numbers().empty()) std::this_thread::yield();
  StopWhileCallsEnd(loop, caller_);
  EXPECT_EQ(caller_.numbers().size(), 1u);
}

}  // namespace
}  // namespace lookbook
