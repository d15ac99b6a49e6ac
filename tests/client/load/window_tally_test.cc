#include "client/load/window_tally.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

constexpr absl::Duration kObjective = absl::Milliseconds(50);

CallOutcome Failed(absl::StatusCode code) { return {.code = code}; }

TEST(CodesTextTest, NamesWhatOccurred) {
  CodeCounts codes{};
  EXPECT_EQ(CodesText(codes), "");
  codes[static_cast<size_t>(absl::StatusCode::kOk)] = 3;
  codes[static_cast<size_t>(absl::StatusCode::kUnavailable)] = 230;
  EXPECT_EQ(CodesText(codes), "3 OK, 230 UNAVAILABLE");
}

TEST(WindowTallyTest, OnlyAnswersHaveALatency) {
  WindowTally tally;
  tally.Add({}, absl::Milliseconds(10), absl::Milliseconds(10), kObjective);
  tally.Add(Failed(absl::StatusCode::kUnavailable), absl::Seconds(1), absl::Seconds(1), kObjective);
  EXPECT_EQ(tally.answered(), 1);
  EXPECT_EQ(tally.codes[static_cast<size_t>(absl::StatusCode::kUnavailable)], 1);
  EXPECT_EQ(tally.latency.count(), 1);
  EXPECT_EQ(tally.latency.Max(), absl::Milliseconds(10));
}

TEST(WindowTallyTest, WhatWasShedHasALatencyOfItsOwn) {
  WindowTally tally;
  tally.Add({}, absl::Seconds(1), absl::Seconds(1), kObjective);
  tally.Add(Failed(absl::StatusCode::kUnavailable), absl::Seconds(2), absl::Seconds(2), kObjective);
  WindowTally other;
  other.Add(Failed(absl::StatusCode::kResourceExhausted), absl::Milliseconds(7),
            absl::Milliseconds(3), kObjective);
  tally.Merge(other);
  EXPECT_EQ(tally.shed.count(), 1);
  EXPECT_EQ(tally.shed.Max(), absl::Milliseconds(7));
}

TEST(WindowTallyTest, GoodIsAnsweredWithinTheObjectiveAfterItWasDue) {
  WindowTally tally{.due = 4};
  tally.Add({}, kObjective, absl::Milliseconds(1), kObjective);
  tally.Add({}, kObjective + absl::Milliseconds(1), absl::Milliseconds(1), kObjective);
  tally.Add({}, absl::Seconds(1), absl::Seconds(1), kObjective);
  tally.Add(Failed(absl::StatusCode::kResourceExhausted), absl::ZeroDuration(),
            absl::ZeroDuration(), kObjective);
  EXPECT_EQ(tally.within, 1);
  EXPECT_EQ(tally.within_once_sent, 2);
  EXPECT_DOUBLE_EQ(tally.WithinShare(), 0.25);
  EXPECT_DOUBLE_EQ(tally.WithinShareOnceSent(), 0.5);
}

TEST(WindowTallyTest, WhatWasLeftOutIsNotGoodButNoFaultOfWhatWasSent) {
  WindowTally tally{.due = 4, .left_out = 2};
  tally.Add({}, absl::Milliseconds(1), absl::Milliseconds(1), kObjective);
  tally.Add({}, absl::Milliseconds(1), absl::Milliseconds(1), kObjective);
  EXPECT_EQ(tally.sent(), 2);
  EXPECT_DOUBLE_EQ(tally.WithinShare(), 0.5);
  EXPECT_DOUBLE_EQ(tally.WithinShareOnceSent(), 1);
  EXPECT_DOUBLE_EQ(WindowTally().WithinShare(), 0);
}

TEST(WindowTallyTest, ACodeThatNobodyKnowsIsUnknown) {
  WindowTally tally;
  tally.Add(Failed(static_cast<absl::StatusCode>(99)), absl::Seconds(1), absl::Seconds(1),
            kObjective);
  EXPECT_EQ(tally.codes[static_cast<size_t>(absl::StatusCode::kUnknown)], 1);
}

TEST(WindowTallyTest, MergingAddsEverything) {
  WindowTally sum{.due = 3, .left_out = 1, .length = absl::Seconds(5), .cpu = {.own = 1}};
  sum.Add({.stages = StageTimes{1, 2, 3, 4, 5, 6}, .sent_bytes = 100}, absl::Milliseconds(10),
          absl::Milliseconds(10), kObjective);
  sum.lag.Add(absl::Milliseconds(1));
  WindowTally other{.due = 2, .left_out = 1, .length = absl::Seconds(4), .cpu = {.own = 2}};
  other.Add({.stages = StageTimes{1, 1, 1, 1, 1, 1}, .sent_bytes = 11}, absl::Milliseconds(30),
            absl::Milliseconds(60), kObjective);
  other.lag.Add(absl::Milliseconds(2));
  sum.Merge(other);
  EXPECT_EQ(sum.due, 5);
  EXPECT_EQ(sum.left_out, 2);
  EXPECT_EQ(sum.answered(), 2);
  EXPECT_EQ(sum.within, 2);
  EXPECT_EQ(sum.within_once_sent, 1);
  EXPECT_EQ(sum.latency.Mean(), absl::Milliseconds(20));
  EXPECT_EQ(sum.lag.count(), 2);
  EXPECT_EQ(sum.staged, 2);
  EXPECT_DOUBLE_EQ(sum.stage_sums[5], 7);
  EXPECT_EQ(sum.sent_bytes, 111);
  EXPECT_EQ(sum.length, absl::Seconds(9));
  EXPECT_DOUBLE_EQ(sum.cpu.own, 3);
}

}  // namespace
}  // namespace lookbook
