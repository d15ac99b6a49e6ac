#include "client/load/verdict.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = Problem::Kind;

// 100 answers in 10 s on 2 cores; the generator used 1 s, the server 10 s, others 0.2 s (1 %).
Measurement Quiet() {
  Measurement measurement;
  WindowTally& tally = measurement.total;
  tally.due = 100;
  tally.length = absl::Seconds(10);
  tally.cpu = {.own = 1, .server = 10, .machine = 11.2};
  for (int i = 0; i < 100; ++i) {
    tally.lag.Add(absl::Milliseconds(1));
    tally.Add({}, absl::Milliseconds(20), absl::Milliseconds(20), absl::Milliseconds(50));
  }
  measurement.stable = true;
  return measurement;
}

std::vector<Problem> Problems(const Measurement& measurement,
                              ServerPlace place = ServerPlace::kKnownProcess) {
  return FindProblems(measurement, place, /*cores=*/2, {});
}

void ExpectOne(const std::vector<Problem>& problems, Kind kind, const std::string& message) {
  ASSERT_THAT(problems, SizeIs(1)) << (problems.empty() ? "" : problems[0].message);
  EXPECT_EQ(problems[0].kind, kind);
  EXPECT_THAT(problems[0].message, HasSubstr(message));
}

TEST(VerdictTest, AQuietRunHasNoProblem) { EXPECT_THAT(Problems(Quiet()), IsEmpty()); }

TEST(VerdictTest, OneQueryLeftOutMakesTheGeneratorTheBottleneck) {
  Measurement measurement = Quiet();
  measurement.total.due = 101;
  measurement.total.left_out = 1;
  ExpectOne(Problems(measurement), Kind::kInFlightCap,
            "the generator was the bottleneck: 1 of 101 queries were not sent");
}

TEST(VerdictTest, LagIsJudgedByItsP99) {
  Measurement measurement = Quiet();
  measurement.total.lag.Add(absl::Seconds(1));  // One of 101.
  EXPECT_THAT(Problems(measurement), IsEmpty());
  measurement.total.lag.Add(absl::Seconds(1));
  ExpectOne(Problems(measurement), Kind::kLag,
            "the generator was the bottleneck: one query in a hundred was sent 1000.0 ms late");
}

TEST(VerdictTest, AGeneratorThatUsesMostOfTheMachineIsTheBottleneck) {
  Measurement measurement = Quiet();
  measurement.total.cpu = {.own = 16.5, .server = 3, .machine = 19.6};
  ExpectOne(Problems(measurement), Kind::kOwnCpu, "it used 82.5 % of this machine's CPU");
}

TEST(VerdictTest, OthersMayUseAFewPercent) {
  Measurement measurement = Quiet();
  measurement.total.cpu.machine = 11.9;
  EXPECT_THAT(Problems(measurement), IsEmpty());
  measurement.total.cpu.machine = 12.4;  // 1.4 of 20 core-seconds.
  ExpectOne(Problems(measurement), Kind::kForeignLoad,
            "other processes disturbed the run: they used 7.0 % of this machine's CPU (limit 5");
}

TEST(VerdictTest, AServerHereWhoseProcessIsNotKnownCannotBeToldFromOthers) {
  Measurement measurement = Quiet();
  measurement.total.cpu.server = 0;
  EXPECT_THAT(Problems(measurement, ServerPlace::kThisMachine), IsEmpty());
  ExpectOne(Problems(measurement, ServerPlace::kElsewhere), Kind::kForeignLoad, "--server-pid");
}

TEST(VerdictTest, NoAnswerSaysWhatCameInstead) {
  Measurement measurement;
  measurement.total.due = 3;
  measurement.total.length = absl::Seconds(5);
  for (int i = 0; i < 3; ++i) {
    measurement.total.Add(
        {.code = i < 2 ? absl::StatusCode::kUnavailable : absl::StatusCode::kDeadlineExceeded},
        absl::Seconds(1), absl::Seconds(1), absl::Seconds(1));
  }
  ExpectOne(Problems(measurement), Kind::kNoAnswer,
            "no query was answered: 1 DEADLINE_EXCEEDED, 2 UNAVAILABLE");
}

TEST(VerdictTest, SeveralProblemsAreAllNamed) {
  Measurement measurement = Quiet();
  measurement.total.left_out = 1;
  measurement.total.cpu.machine = 15;
  EXPECT_THAT(Problems(measurement), SizeIs(2));
}

TEST(VerdictTest, AnInterruptedRunIsThatAlone) {
  Measurement measurement = Quiet();
  measurement.interrupted = true;
  measurement.total.left_out = 1;
  ExpectOne(Problems(measurement), Kind::kInterrupted, "interrupted");
}

TEST(VerdictTest, EveryKindHasAName) {
  EXPECT_STREQ(KindName(Kind::kInFlightCap), "in_flight_cap");
  EXPECT_STREQ(KindName(Kind::kServerChanged), "server_changed");
}

}  // namespace
}  // namespace lookbook
