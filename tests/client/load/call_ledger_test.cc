#include "client/load/call_ledger.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace lookbook {
namespace {

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);
constexpr absl::Duration kMs = absl::Milliseconds(1);

TEST(CallLedgerTest, ACallBelongsToTheWindowItWasSentIn) {
  CallLedger ledger(absl::Seconds(1));
  const auto ticket = ledger.Begin(kStart, kStart);
  EXPECT_EQ(ledger.OpenNext(), 1);
  ledger.End(ledger.Begin(kStart, kStart), kStart + kMs, {});
  ledger.End(ticket, kStart + 900 * kMs, {});
  EXPECT_EQ(ledger.OpenNext(), 2);
  EXPECT_EQ(ledger.Take(0).latency.Max(), 900 * kMs);
  EXPECT_EQ(ledger.Take(1).latency.Max(), kMs);
}

TEST(CallLedgerTest, AWindowIsSettledWhenItIsClosedAndItsLastCallHasEnded) {
  CallLedger ledger(absl::Seconds(1));
  EXPECT_FALSE(ledger.IsSettled(0));  // Still open.
  const auto ticket = ledger.Begin(kStart, kStart);
  ledger.OpenNext();
  EXPECT_FALSE(ledger.IsSettled(0));
  ledger.Begin(kStart, kStart);  // Another window's call does not matter.
  ledger.End(ticket, kStart + kMs, {});
  EXPECT_TRUE(ledger.IsSettled(0));
  EXPECT_EQ(ledger.in_flight(), 1);
}

TEST(CallLedgerTest, LatencyCountsFromWhenTheCallWasDue) {
  CallLedger ledger(/*objective=*/50 * kMs);
  const auto ticket = ledger.Begin(kStart, kStart + 30 * kMs);
  ledger.End(ticket, kStart + 70 * kMs, {});
  ledger.OpenNext();
  const WindowTally tally = ledger.Take(0);
  EXPECT_EQ(tally.latency.Max(), 70 * kMs);
  EXPECT_EQ(tally.lag.Max(), 30 * kMs);
  EXPECT_EQ(tally.within, 0);
  EXPECT_EQ(tally.within_once_sent, 1);
}

TEST(CallLedgerTest, WhatWasLeftOutCameDueAllTheSame) {
  CallLedger ledger(absl::Seconds(1));
  ledger.LeaveOut();
  ledger.End(ledger.Begin(kStart, kStart), kStart, {});
  EXPECT_EQ(ledger.Due(0), 2);
  ledger.OpenNext();
  const WindowTally tally = ledger.Take(0);
  EXPECT_EQ(tally.due, 2);
  EXPECT_EQ(tally.left_out, 1);
  EXPECT_EQ(tally.sent(), 1);
}

TEST(CallLedgerTest, CallsOfManyThreadsAreAllCounted) {
  CallLedger ledger(absl::Seconds(1));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) ledger.End(ledger.Begin(kStart, kStart), kStart, {});
    });
  }
  for (std::thread& thread : threads) thread.join();
  ledger.AwaitIdle();
  ledger.OpenNext();
  EXPECT_EQ(ledger.Take(0).answered(), 2000);
}

TEST(CallLedgerTest, AwaitIdleWaitsForTheLastCall) {
  CallLedger ledger(absl::Seconds(1));
  const auto ticket = ledger.Begin(kStart, kStart);
  std::thread ender([&] { ledger.End(ticket, kStart, {}); });
  ledger.AwaitIdle();
  EXPECT_EQ(ledger.in_flight(), 0);
  ender.join();
}

}  // namespace
}  // namespace lookbook
