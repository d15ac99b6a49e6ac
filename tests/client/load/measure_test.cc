#include "client/load/measure.h"

#include <functional>
#include <optional>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Duration kMs = absl::Milliseconds(1);

// What the server of a FakeLoad does at a given second since the start.
struct Behaviour {
  double rate = 100;  // Calls a second, evenly spaced.
  absl::Duration latency = 10 * kMs;
  absl::StatusCode code = absl::StatusCode::kOk;
};

// Books calls whenever the measurement sleeps; time passes nowhere else.
class MeasureTest : public ::testing::Test, public Load {
 protected:
  absl::Status Start() override {
    ++starts_;
    return start_status_;
  }
  void Stop() override { ++stops_; }

  void Sleep(absl::Duration time) {
    slept_ += time;
    for (; next_call_ <= slept_; next_call_ += absl::Seconds(1) / behaviour_(slept_).rate) {
      const Behaviour now = behaviour_(slept_);
      const absl::Time due = kStart + next_call_;
      ledger_.End(ledger_.Begin(due, due), due + now.latency, {.code = now.code});
    }
    clock_.Advance(time);
    if (on_sleep_) on_sleep_();
  }

  absl::StatusOr<Measurement> Run(const MeasureOptions& options) {
    const MeasureEnvironment environment{
        .clock = &clock_,
        .sleep = [this](absl::Duration time) { Sleep(time); },
        .interrupted = [this] { return slept_ >= interrupt_at_; },
        .read_cpu = [this]() -> absl::StatusOr<CpuSeconds> {
          const double seconds = absl::ToDoubleSeconds(slept_);
          return CpuSeconds{.own = 0.1 * seconds, .server = seconds, .machine = 1.2 * seconds};
        },
        .progress = [this](const std::string& text) { progress_.push_back(text); }};
    return Measure(options, *this, ledger_, environment);
  }

  const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);
  ManualClock clock_{kStart};
  CallLedger ledger_{absl::Milliseconds(50)};
  std::function<Behaviour(absl::Duration)> behaviour_ = [](absl::Duration) { return Behaviour(); };
  absl::Duration slept_, next_call_ = kMs;
  absl::Duration interrupt_at_ = absl::InfiniteDuration();
  absl::Status start_status_;
  std::function<void()> on_sleep_;
  std::vector<std::string> progress_;
  int starts_ = 0, stops_ = 0;
};

TEST_F(MeasureTest, ASteadyLoadIsStableAfterThreeWindows) {
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({}));
  EXPECT_TRUE(result.stable);
  EXPECT_FALSE(result.interrupted);
  EXPECT_THAT(result.windows, SizeIs(3));
  EXPECT_EQ(result.total.length, absl::Seconds(15));
  EXPECT_NEAR(static_cast<double>(result.total.answered()), 1500, 10);
  EXPECT_NEAR(result.windows[0].rate, 100, 2);
  EXPECT_EQ(result.windows[0].latency, 10 * kMs);
  EXPECT_NEAR(result.total.cpu.server, 15, 0.2);  // Of the windows alone.
  EXPECT_NEAR(result.total.cpu.own, 1.5, 0.02);
  EXPECT_EQ(starts_, 1);
  EXPECT_EQ(stops_, 1);
}

TEST_F(MeasureTest, NothingOfTheWarmUpCounts) {
  behaviour_ = [](absl::Duration at) {
    return at < absl::Seconds(2) ? Behaviour{.latency = absl::Seconds(1)} : Behaviour();
  };
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({.warm_up = {.time = absl::Seconds(3)}}));
  EXPECT_EQ(result.total.latency.Max(), 10 * kMs);
}

TEST_F(MeasureTest, AWarmUpMayEndWithANumberOfCalls) {
  behaviour_ = [](absl::Duration at) {
    return at < absl::Seconds(1) ? Behaviour{.latency = absl::Seconds(1)} : Behaviour();
  };
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({.warm_up = {.calls = 150}}));
  EXPECT_EQ(result.total.latency.Max(), 10 * kMs);
  EXPECT_LT(slept_, absl::Seconds(17));  // 1.5 s and three windows.
}

TEST_F(MeasureTest, OnlyTheWindowsThatAgreeAreQuoted) {
  behaviour_ = [](absl::Duration at) {
    return at < absl::Seconds(9) ? Behaviour{.latency = 40 * kMs} : Behaviour();
  };
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({}));
  EXPECT_TRUE(result.stable);
  EXPECT_THAT(result.windows, SizeIs(5));  // 40 ms, both, and three of 10 ms.
  EXPECT_EQ(result.total.latency.Max(), 10 * kMs);
  EXPECT_EQ(result.total.length, absl::Seconds(15));
}

TEST_F(MeasureTest, ALoadThatNeverSettlesIsGivenUp) {
  behaviour_ = [](absl::Duration at) {
    return Behaviour{.latency = (1 + absl::ToInt64Seconds(at)) * kMs};
  };
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({.rule = {.max_windows = 4}}));
  EXPECT_FALSE(result.stable);
  EXPECT_THAT(result.windows, SizeIs(4));
}

TEST_F(MeasureTest, AWindowMayEndWithANumberOfCalls) {
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({.window = {.calls = 50}}));
  EXPECT_TRUE(result.stable);
  EXPECT_NEAR(static_cast<double>(result.total.due), 150, 20);
  EXPECT_NEAR(absl::ToDoubleSeconds(result.total.length), 1.5, 0.2);
  EXPECT_NEAR(result.windows[0].rate, 100, 5);
}

TEST_F(MeasureTest, AFixedDurationIsOneWindowWithoutARule) {
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({.duration = absl::Seconds(30)}));
  EXPECT_TRUE(result.stable);
  EXPECT_THAT(result.windows, SizeIs(1));
  EXPECT_EQ(result.total.length, absl::Seconds(30));
  EXPECT_NEAR(static_cast<double>(result.total.answered()), 3000, 10);
}

// 10 % more or fewer arrivals in a window are the dice's doing, not the server's.
TEST_F(MeasureTest, AnOpenLoopsRateIsTheOfferedOneTimesTheShareAnswered) {
  behaviour_ = [](absl::Duration at) {
    return Behaviour{.rate = absl::ToInt64Seconds(at) / 5 % 2 == 0 ? 80.0 : 120.0};
  };
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({.offered_rate = 100}));
  EXPECT_TRUE(result.stable);
  EXPECT_DOUBLE_EQ(result.windows[0].rate, 100);
}

TEST_F(MeasureTest, AnOpenLoopsRefusalsLowerItsRate) {
  behaviour_ = [](absl::Duration at) {  // In every other 50 ms.
    return Behaviour{.code = absl::ToInt64Milliseconds(at) / 50 % 2 == 0
                                 ? absl::StatusCode::kOk
                                 : absl::StatusCode::kResourceExhausted};
  };
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({.offered_rate = 200}));
  EXPECT_NEAR(result.windows[0].rate, 100, 3);
}

TEST_F(MeasureTest, AWindowWithoutAnAnswerEndsIt) {
  behaviour_ = [](absl::Duration) { return Behaviour{.code = absl::StatusCode::kUnavailable}; };
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({}));
  EXPECT_FALSE(result.stable);
  EXPECT_THAT(result.windows, SizeIs(1));
  EXPECT_EQ(result.total.answered(), 0);
  EXPECT_GT(result.total.due, 400);
}

TEST_F(MeasureTest, ThreeHopelessWindowsAreEnough) {
  behaviour_ = [](absl::Duration at) {  // Beyond the objective of 50 ms, and growing.
    return Behaviour{.latency = (100 + 20 * absl::ToInt64Seconds(at)) * kMs};
  };
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({.hopeless_share = 0.99}));
  EXPECT_FALSE(result.stable);
  EXPECT_THAT(result.windows, SizeIs(3));
}

TEST_F(MeasureTest, AnInterruptionIsNoted) {
  interrupt_at_ = absl::Seconds(9);
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({}));
  EXPECT_TRUE(result.interrupted);
  EXPECT_FALSE(result.stable);
  EXPECT_EQ(stops_, 1);
}

TEST_F(MeasureTest, SaysWhereItIs) {
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({}));
  EXPECT_THAT(progress_, Contains(HasSubstr("warm-up, 1 s")));
  EXPECT_THAT(progress_, Contains(HasSubstr("window 3 of at most 10 (last: ")));
}

TEST_F(MeasureTest, ALoadThatDoesNotStartIsAnError) {
  start_status_ = absl::ResourceExhaustedError("no thread");
  EXPECT_THAT(Run({}), StatusIs(absl::StatusCode::kResourceExhausted));
}

// A call that is sent in a window and answered after its end is in the window's books, and does not
// make it longer.
TEST_F(MeasureTest, AWindowWaitsForItsLastCall) {
  std::optional<CallLedger::Ticket> straggler;
  bool ended = false;
  on_sleep_ = [&] {
    const absl::Time now = clock_.Now();
    if (slept_ >= absl::Seconds(6) && !straggler) straggler = ledger_.Begin(now, now);
    if (slept_ < absl::Seconds(9) || ended) return;
    ended = true;
    ledger_.End(*straggler, now, {});
  };
  LB_ASSERT_OK_AND_ASSIGN(const Measurement result, Run({.duration = absl::Seconds(5)}));
  EXPECT_EQ(result.total.length, absl::Seconds(5));
  EXPECT_GE(result.total.latency.Max(), absl::Milliseconds(2900));
}

}  // namespace
}  // namespace lookbook
