#include "client/load/closed_loop.h"

#include <thread>

#include "tests/client/load/puppet_caller.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

class ClosedLoopTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  PuppetCaller caller_;
  CallLedger ledger_{absl::Seconds(1)};
};

TEST_F(ClosedLoopTest, KeepsAsManyCallsInFlightAsAskedFor) {
  ClosedLoop loop(3, &caller_, &ledger_, &clock_);
  ASSERT_THAT(loop.Start(), IsOk());
  EXPECT_EQ(caller_.pending(), 3u);
  for (int i = 0; i < 5; ++i) {
    caller_.EndOldest();
    EXPECT_EQ(caller_.pending(), 3u);
    EXPECT_EQ(ledger_.in_flight(), 3);
  }
  EXPECT_THAT(caller_.numbers(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  std::thread stopper([&] { loop.Stop(); });
  while (caller_.EndOldest()) {
  }
  while (ledger_.in_flight() > 0) caller_.EndOldest();  // Stop() may have come after that.
  stopper.join();
}

TEST_F(ClosedLoopTest, AFailureIsFollowedByTheNextCallToo) {
  ClosedLoop loop(1, &caller_, &ledger_, &clock_);
  ASSERT_THAT(loop.Start(), IsOk());
  caller_.EndOldest({.code = absl::StatusCode::kUnavailable});
  EXPECT_EQ(caller_.pending(), 1u);
  std::thread stopper([&] { loop.Stop(); });
  while (ledger_.in_flight() > 0) caller_.EndOldest();
  stopper.join();
}

// A slow server is asked less often: the loop's weakness, stated in its contract.
TEST_F(ClosedLoopTest, ACallIsDueWhenItIsSent) {
  ClosedLoop loop(1, &caller_, &ledger_, &clock_);
  ASSERT_THAT(loop.Start(), IsOk());
  clock_.Advance(absl::Seconds(10));
  caller_.EndOldest();
  clock_.Advance(absl::Seconds(1));
  std::thread stopper([&] { loop.Stop(); });
  while (ledger_.in_flight() > 0) caller_.EndOldest();
  stopper.join();
  ledger_.OpenNext();
  const WindowTally tally = ledger_.Take(0);
  EXPECT_EQ(tally.latency.Max(), absl::Seconds(10));
  EXPECT_EQ(tally.lag.Max(), absl::ZeroDuration());
  EXPECT_EQ(tally.left_out, 0);
}

TEST_F(ClosedLoopTest, NothingStartsAfterStop) {
  ClosedLoop loop(2, &caller_, &ledger_, &clock_);
  ASSERT_THAT(loop.Start(), IsOk());
  std::thread stopper([&] { loop.Stop(); });
  while (ledger_.in_flight() > 0) caller_.EndOldest();
  stopper.join();
  EXPECT_EQ(caller_.pending(), 0u);
}

}  // namespace
}  // namespace lookbook
