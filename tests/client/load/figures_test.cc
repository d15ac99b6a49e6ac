#include "client/load/figures.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::DoubleEq;
using ::testing::Optional;

// 10 s, 2 cores: 90 of 100 answered within the objective, 9 late, one refused.
Measurement Sample() {
  Measurement measurement;
  WindowTally& tally = measurement.total;
  tally.due = 100;
  tally.length = absl::Seconds(10);
  tally.cpu = {.own = 1, .server = 5, .machine = 6.4};
  for (int i = 1; i <= 99; ++i) {
    const absl::Duration latency = absl::Milliseconds(i);
    tally.Add({.stages = StageTimes{0.001, 0.002, 0, 0, 0, 0.01}, .sent_bytes = 1000}, latency,
              latency, absl::Milliseconds(90));
  }
  tally.Add({.code = absl::StatusCode::kResourceExhausted, .sent_bytes = 1000}, absl::Seconds(1),
            absl::Seconds(1), absl::Milliseconds(90));
  return measurement;
}

TEST(FiguresTest, RatesSharesAndMeans) {
  const auto figures = MakeFigures(Sample(), {}, ServerPlace::kKnownProcess, 2);
  ASSERT_TRUE(figures.has_value());
  EXPECT_DOUBLE_EQ(figures->answers_per_second, 9.9);
  EXPECT_DOUBLE_EQ(figures->within_per_second, 9.0);
  EXPECT_DOUBLE_EQ(figures->within_share, 0.9);
  EXPECT_EQ(figures->queries, 100);
  EXPECT_EQ(figures->codes[0], 99);
  EXPECT_EQ(figures->codes[static_cast<size_t>(absl::StatusCode::kResourceExhausted)], 1);
  EXPECT_DOUBLE_EQ(figures->sent_bytes_per_second, 10'000);
  EXPECT_EQ(figures->latency.mean, absl::Milliseconds(50));
  EXPECT_NEAR(absl::ToDoubleMilliseconds(figures->latency.p50), 50, 0.3);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(figures->latency.p99), 99, 0.5);
  EXPECT_EQ(figures->latency.max, absl::Milliseconds(99));
  EXPECT_EQ(figures->shed_latency.value().max, absl::Seconds(1));
  EXPECT_THAT(figures->stage_mean.value()[1], DoubleEq(0.002));
}

TEST(FiguresTest, CpuIsPerQueryThatWasSent) {
  Measurement measurement = Sample();
  measurement.total.due = 125;  // As if 25 were left out, and nobody minded.
  measurement.total.left_out = 25;
  const auto figures = MakeFigures(measurement, {}, ServerPlace::kKnownProcess, 2);
  EXPECT_DOUBLE_EQ(figures->own_cpu_per_query, 0.01);
  EXPECT_THAT(figures->server_cpu_per_query, Optional(DoubleEq(0.05)));
  EXPECT_NEAR(figures->foreign_share.value(), 0.02, 1e-9);
}

TEST(FiguresTest, WithoutAShedQueryNothingIsSaidOfThem) {
  Measurement measurement;
  measurement.total = {.due = 1, .length = absl::Seconds(1)};
  measurement.total.Add({}, absl::Milliseconds(1), absl::Milliseconds(1), absl::Seconds(1));
  EXPECT_FALSE(MakeFigures(measurement, {}, ServerPlace::kElsewhere, 2)->shed_latency.has_value());
}

TEST(FiguresTest, WhatIsNotKnownIsNull) {
  const auto here = MakeFigures(Sample(), {}, ServerPlace::kThisMachine, 2);
  EXPECT_FALSE(here->server_cpu_per_query.has_value());
  EXPECT_FALSE(here->foreign_share.has_value());
  const auto elsewhere = MakeFigures(Sample(), {}, ServerPlace::kElsewhere, 2);
  EXPECT_FALSE(elsewhere->server_cpu_per_query.has_value());
  EXPECT_TRUE(elsewhere->foreign_share.has_value());
  Measurement untimed = Sample();
  untimed.total.staged = 0;
  EXPECT_FALSE(MakeFigures(untimed, {}, ServerPlace::kElsewhere, 2)->stage_mean.has_value());
}

TEST(FiguresTest, AProblemLeavesNoFigures) {
  const std::vector<Problem> problems = {{Problem::Kind::kForeignLoad, "others"}};
  EXPECT_FALSE(MakeFigures(Sample(), problems, ServerPlace::kKnownProcess, 2).has_value());
  EXPECT_FALSE(MakeFigures(Measurement(), {}, ServerPlace::kKnownProcess, 2).has_value());
}

}  // namespace
}  // namespace lookbook
