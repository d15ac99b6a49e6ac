#include "client/load/probe.h"

#include <cmath>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::SizeIs;
using Kind = Problem::Kind;

constexpr absl::Duration kTarget = absl::Milliseconds(50);

// `in_time` of 1,000 calls are answered within the target, the others after it.
Measurement Answered(int in_time, bool stable = true) {
  Measurement measurement{.stable = stable};
  measurement.total.due = 1000;
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration latency = i < in_time ? kTarget : 2 * kTarget;
    measurement.total.Add({}, latency, latency, kTarget);
  }
  return measurement;
}

Problem Of(Kind kind) { return {kind, "a problem"}; }

TEST(ProbeTest, NinetyNineOfAHundredInTimeMeetTheTarget) {
  EXPECT_EQ(JudgeProbe(Answered(990), {}), ProbeOutcome::kMet);
  EXPECT_EQ(JudgeProbe(Answered(989), {}), ProbeOutcome::kMissed);
}

TEST(ProbeTest, ARefusalIsNoAnswerInTime) {
  Measurement measurement = Answered(1000);
  for (int i = 0; i < 20; ++i) {
    ++measurement.total.due;
    measurement.total.Add({.code = absl::StatusCode::kResourceExhausted}, absl::ZeroDuration(),
                          absl::ZeroDuration(), kTarget);
  }
  EXPECT_EQ(JudgeProbe(measurement, {}), ProbeOutcome::kMissed);
}

TEST(ProbeTest, InTimeButNotStableIsNotMet) {
  EXPECT_EQ(JudgeProbe(Answered(1000, /*stable=*/false), {}), ProbeOutcome::kUnstable);
  EXPECT_EQ(JudgeProbe(Answered(900, /*stable=*/false), {}), ProbeOutcome::kMissed);
}

TEST(ProbeTest, ALateGeneratorExcusesOnlyWhatWasInTimeOnceSent) {
  for (const Kind kind : {Kind::kLag, Kind::kInFlightCap}) {
    EXPECT_EQ(JudgeProbe(Answered(900), {Of(kind)}), ProbeOutcome::kMissed);
    EXPECT_EQ(JudgeProbe(Answered(1000), {Of(kind)}), ProbeOutcome::kDisturbed);
  }
  Measurement late = Answered(0);  // After it was due; all in time once sent.
  late.total.within_once_sent = 1000;
  EXPECT_EQ(JudgeProbe(late, {Of(Kind::kLag)}), ProbeOutcome::kDisturbed);
}

TEST(ProbeTest, OthersLoadSaysNothingEitherWay) {
  EXPECT_EQ(JudgeProbe(Answered(900), {Of(Kind::kForeignLoad)}), ProbeOutcome::kDisturbed);
  EXPECT_EQ(JudgeProbe(Answered(900), {Of(Kind::kLag), Of(Kind::kForeignLoad)}),
            ProbeOutcome::kDisturbed);
}

TEST(ProbeTest, NoAnswerIsAMissOnlyWhenTheServerHadTooMuchToDo) {
  Measurement overloaded;
  overloaded.total.due = 1;
  overloaded.total.Add({.code = absl::StatusCode::kDeadlineExceeded}, kTarget, kTarget, kTarget);
  EXPECT_EQ(JudgeProbe(overloaded, {Of(Kind::kNoAnswer)}), ProbeOutcome::kMissed);
  Measurement gone = overloaded;
  gone.total.Add({.code = absl::StatusCode::kUnavailable}, kTarget, kTarget, kTarget);
  EXPECT_EQ(JudgeProbe(gone, {Of(Kind::kNoAnswer)}), ProbeOutcome::kDisturbed);
}

// A server that answers within t with probability 1 - exp(-(capacity - rate) t): an M/M/1 queue.
absl::StatusOr<Probe> QueueModel(double capacity, double rate) {
  const double late =
      rate >= capacity ? 1 : std::exp(-(capacity - rate) * absl::ToDoubleSeconds(kTarget));
  return Probe{.measurement = Answered(static_cast<int>(1000 * (1 - late)))};
}

TEST(FindRateTest, FindsWhereAQueueBeginsToMissTheTarget) {
  const double capacity = 400, limit = capacity - std::log(100) / absl::ToDoubleSeconds(kTarget);
  std::vector<ProbeOutcome> seen;
  LB_ASSERT_OK_AND_ASSIGN(
      const RateSearchResult result,
      FindRate(
          {.start = capacity}, [&](double rate) { return QueueModel(capacity, rate); },
          [&](const Probe& probe) { seen.push_back(probe.outcome); }));
  EXPECT_FALSE(result.disturbed);
  EXPECT_TRUE(result.precise);
  EXPECT_LE(result.rate, limit);
  EXPECT_GE(result.rate, 0.94 * limit);
  EXPECT_EQ(result.probes[result.best].rate, result.rate);
  EXPECT_EQ(result.probes[result.best].outcome, ProbeOutcome::kMet);
  EXPECT_EQ(seen.size(), result.probes.size());
  EXPECT_EQ(seen[0], ProbeOutcome::kMissed);
}

TEST(FindRateTest, ADisturbedProbeIsTriedAgainOnce) {
  std::vector<double> rates;
  LB_ASSERT_OK_AND_ASSIGN(const RateSearchResult result,
                          FindRate(
                              {.start = 100},
                              [&](double rate) {
                                rates.push_back(rate);
                                Probe probe{.measurement = Answered(rate <= 70 ? 1000 : 0)};
                                if (rates.size() == 2) {
                                  probe.problems = {Of(Kind::kForeignLoad)};
                                }
                                return absl::StatusOr<Probe>(probe);
                              },
                              [](const Probe&) {}));
  EXPECT_EQ(rates[1], 50);
  EXPECT_EQ(rates[2], 50);
  EXPECT_FALSE(result.disturbed);
  EXPECT_NEAR(result.rate, 70, 4);
}

TEST(FindRateTest, DisturbedTwiceThereIsNoResult) {
  LB_ASSERT_OK_AND_ASSIGN(const RateSearchResult result,
                          FindRate(
                              {.start = 100},
                              [](double rate) {
                                Probe probe{.measurement = Answered(1000)};
                                if (rate > 100) probe.problems = {Of(Kind::kForeignLoad)};
                                return absl::StatusOr<Probe>(probe);
                              },
                              [](const Probe&) {}));
  EXPECT_TRUE(result.disturbed);
  EXPECT_EQ(result.rate, 0);  // Although 100 met the target.
  EXPECT_THAT(result.probes, SizeIs(3));
}

TEST(FindRateTest, AnInterruptionIsNotTriedAgain) {
  LB_ASSERT_OK_AND_ASSIGN(
      const RateSearchResult result,
      FindRate(
          {.start = 100},
          [](double) { return absl::StatusOr<Probe>(Probe{.problems = {Of(Kind::kInterrupted)}}); },
          [](const Probe&) {}));
  EXPECT_TRUE(result.disturbed);
  EXPECT_THAT(result.probes, SizeIs(1));
}

TEST(FindRateTest, AnErrorEndsTheSearch) {
  EXPECT_THAT(FindRate(
                  {.start = 100},
                  [](double) -> absl::StatusOr<Probe> {
                    return absl::NotFoundError("there is no process 7");
                  },
                  [](const Probe&) {}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST(ProbeTest, EveryOutcomeHasAName) {
  EXPECT_STREQ(OutcomeName(ProbeOutcome::kMet), "met");
  EXPECT_STREQ(OutcomeName(ProbeOutcome::kUnstable), "not stable");
}

}  // namespace
}  // namespace lookbook
