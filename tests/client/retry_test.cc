#include "client/retry.h"

#include <vector>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr double kLowest = 0.0;
constexpr double kHighest = 1.0;  // uniform() stays below it; the limit itself is easier to read.
const absl::Duration kPlenty = absl::Hours(1);

AttemptOutcome Unavailable() { return {absl::UnavailableError("draining"), std::nullopt}; }
AttemptOutcome Full(std::optional<absl::Duration> pushback) {
  return {absl::ResourceExhaustedError("queue is full"), pushback};
}

RetryOptions ManyAttempts() {
  return {.max_attempts = 100,
          .initial_backoff = absl::Milliseconds(100),
          .max_backoff = absl::Milliseconds(500),
          .multiplier = 2.0};
}

TEST(RetryScheduleTest, PausesDoubleUpToTheLimit) {
  RetrySchedule schedule(ManyAttempts());
  std::vector<absl::Duration> pauses;
  for (int i = 0; i < 5; ++i) pauses.push_back(*schedule.Next(Unavailable(), kPlenty, kHighest));
  EXPECT_THAT(pauses,
              ElementsAre(absl::Milliseconds(100), absl::Milliseconds(200), absl::Milliseconds(400),
                          absl::Milliseconds(500), absl::Milliseconds(500)));
}

TEST(RetryScheduleTest, JitterTakesAtMostHalfThePauseAway) {
  EXPECT_THAT(RetrySchedule(ManyAttempts()).Next(Unavailable(), kPlenty, kLowest),
              Optional(absl::Milliseconds(50)));
  EXPECT_THAT(RetrySchedule(ManyAttempts()).Next(Unavailable(), kPlenty, 0.5),
              Optional(absl::Milliseconds(75)));
}

TEST(RetryScheduleTest, EndsAfterTheLastAttempt) {
  RetrySchedule schedule({.max_attempts = 3});
  EXPECT_TRUE(schedule.Next(Unavailable(), kPlenty, kLowest));
  EXPECT_TRUE(schedule.Next(Unavailable(), kPlenty, kLowest));
  EXPECT_FALSE(schedule.Next(Unavailable(), kPlenty, kLowest));
}

TEST(RetryScheduleTest, OnlyUnavailableIsTriedAgainUnasked) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "message");
    EXPECT_EQ(
        RetrySchedule(ManyAttempts()).Next({status, std::nullopt}, kPlenty, kLowest).has_value(),
        status.code() == absl::StatusCode::kUnavailable)
        << status;
  }
}

TEST(RetryScheduleTest, AFullServerIsTriedAgainExactlyWhenItSays) {
  EXPECT_THAT(RetrySchedule(ManyAttempts()).Next(Full(absl::Milliseconds(1234)), kPlenty, 0.7),
              Optional(absl::Milliseconds(1234)));
  EXPECT_THAT(RetrySchedule(ManyAttempts()).Next(Full(absl::ZeroDuration()), kPlenty, 0.7),
              Optional(absl::ZeroDuration()));
  EXPECT_FALSE(RetrySchedule(ManyAttempts()).Next(Full(std::nullopt), kPlenty, kLowest));
}

TEST(RetryScheduleTest, ANegativePushbackForbidsTheRetry) {
  EXPECT_FALSE(RetrySchedule(ManyAttempts()).Next(Full(absl::Milliseconds(-1)), kPlenty, kLowest));
  AttemptOutcome draining = Unavailable();
  draining.pushback = absl::Milliseconds(-1);
  EXPECT_FALSE(RetrySchedule(ManyAttempts()).Next(draining, kPlenty, kLowest));
}

TEST(RetryScheduleTest, APushbackDoesNotMakeAFinalCodeRetryable) {
  const AttemptOutcome refused = {absl::InvalidArgumentError("bad"), absl::Milliseconds(1)};
  EXPECT_FALSE(RetrySchedule(ManyAttempts()).Next(refused, kPlenty, kLowest));
}

TEST(RetryScheduleTest, APushbackStartsTheDoublingOver) {
  RetrySchedule schedule(ManyAttempts());
  schedule.Next(Unavailable(), kPlenty, kHighest);
  schedule.Next(Unavailable(), kPlenty, kHighest);
  schedule.Next(Full(absl::Seconds(1)), kPlenty, kHighest);
  EXPECT_THAT(schedule.Next(Unavailable(), kPlenty, kHighest), Optional(absl::Milliseconds(100)));
}

TEST(RetryScheduleTest, APauseThatDoesNotFitEndsTheCall) {
  EXPECT_FALSE(
      RetrySchedule(ManyAttempts()).Next(Unavailable(), absl::Milliseconds(100), kHighest));
  EXPECT_TRUE(RetrySchedule(ManyAttempts()).Next(Unavailable(), absl::Milliseconds(101), kHighest));
  EXPECT_FALSE(
      RetrySchedule(ManyAttempts()).Next(Full(absl::Seconds(9)), absl::Seconds(8), kLowest));
}

// Sleeping moves the clock, so a test sees what the loop asked for.
class CallWithRetriesTest : public ::testing::Test {
 protected:
  RetryEnvironment Environment() {
    return {.clock = &clock_,
            .sleep =
                [this](absl::Duration pause) {
                  pauses_.push_back(pause);
                  clock_.Advance(pause + oversleep_);
                },
            .uniform = [] { return kHighest; }};
  }

  absl::Status Call(absl::Duration time, std::function<AttemptOutcome(int)> answer) {
    return CallWithRetries(ManyAttempts(), Environment(), clock_.Now() + time,
                           [&](absl::Duration remaining) {
                             remaining_.push_back(remaining);
                             return answer(static_cast<int>(remaining_.size()));
                           });
  }

  ManualClock clock_;
  absl::Duration oversleep_;
  std::vector<absl::Duration> pauses_;
  std::vector<absl::Duration> remaining_;
};

TEST_F(CallWithRetriesTest, GivesEachAttemptTheTimeThatIsLeft) {
  const auto status = Call(absl::Seconds(5), [](int attempt) {
    return attempt < 3 ? Unavailable() : AttemptOutcome{absl::OkStatus(), std::nullopt};
  });
  EXPECT_THAT(status, IsOk());
  EXPECT_THAT(remaining_,
              ElementsAre(absl::Seconds(5), absl::Milliseconds(4900), absl::Milliseconds(4700)));
}

TEST_F(CallWithRetriesTest, NeverSleepsPastTheDeadline) {
  const auto status = Call(absl::Milliseconds(600), [](int) { return Unavailable(); });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, "draining"));
  EXPECT_THAT(pauses_, ElementsAre(absl::Milliseconds(100), absl::Milliseconds(200)));
}

TEST_F(CallWithRetriesTest, MakesNoAttemptAfterASleepThatTookTooLong) {
  oversleep_ = absl::Seconds(10);
  EXPECT_THAT(Call(absl::Seconds(5), [](int) { return Unavailable(); }),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(remaining_.size(), 1u);
}

TEST_F(CallWithRetriesTest, AFinalErrorEndsAtOnce) {
  const auto status = Call(absl::Seconds(5), [](int) {
    return AttemptOutcome{absl::NotFoundError("item"), std::nullopt};
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(CallWithRetriesTest, DrawsItsOwnJitterWhenNoneIsGiven) {
  RetryEnvironment environment = Environment();
  environment.uniform = nullptr;
  RetryOptions options = ManyAttempts();
  options.max_attempts = 20;
  options.multiplier = 1.0;
  const auto status = CallWithRetries(options, environment, clock_.Now() + kPlenty,
                                      [](absl::Duration) { return Unavailable(); });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_EQ(pauses_.size(), 19u);
  for (absl::Duration pause : pauses_) {
    EXPECT_GE(pause, absl::Milliseconds(50));
    EXPECT_LT(pause, absl::Milliseconds(100));
  }
  EXPECT_NE(*std::min_element(pauses_.begin(), pauses_.end()),
            *std::max_element(pauses_.begin(), pauses_.end()));
}

TEST(ValidateRetryOptionsTest, NamesWhatIsOutOfRange) {
  EXPECT_THAT(ValidateRetryOptions({}), IsOk());
  EXPECT_THAT(ValidateRetryOptions({.max_attempts = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("retry.max_attempts 0")));
  EXPECT_THAT(ValidateRetryOptions({.initial_backoff = absl::Seconds(-1)}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("-1s")));
  EXPECT_THAT(ValidateRetryOptions({.initial_backoff = absl::Seconds(3)}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("retry.max_backoff 2s")));
  EXPECT_THAT(ValidateRetryOptions({.multiplier = 0.5}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("retry.multiplier 0.5")));
}

}  // namespace
}  // namespace lookbook
