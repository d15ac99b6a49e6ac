#include "client/retry.h"

#include <algorithm>
#include <cmath>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

double ThreadUniform() {
  static thread_local absl::BitGen generator;
  return absl::Uniform<double>(generator, 0.0, 1.0);
}

}  // namespace

absl::Status ValidateRetryOptions(const RetryOptions& options) {
  if (options.max_attempts < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("retry.max_attempts ", options.max_attempts, " is below 1"));
  }
  if (options.initial_backoff < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "retry.initial_backoff ", absl::FormatDuration(options.initial_backoff), " is negative"));
  }
  if (options.max_backoff < options.initial_backoff) {
    return absl::InvalidArgumentError(absl::StrCat(
        "retry.max_backoff ", absl::FormatDuration(options.max_backoff),
        " is below retry.initial_backoff ", absl::FormatDuration(options.initial_backoff)));
  }
  if (!(options.multiplier >= 1.0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("retry.multiplier ", options.multiplier, " is below 1"));
  }
  return absl::OkStatus();
}

absl::Duration RetrySchedule::Backoff(double uniform) {
  const double factor = std::pow(options_.multiplier, backoffs_++);
  const absl::Duration full = std::min(options_.initial_backoff * factor, options_.max_backoff);
  return full * (0.5 + 0.5 * uniform);
}

std::optional<absl::Duration> RetrySchedule::Next(const AttemptOutcome& failed,
                                                  absl::Duration remaining, double uniform) {
  if (++attempts_ >= options_.max_attempts) return std::nullopt;
  const bool may_retry =
      failed.status.code() == absl::StatusCode::kUnavailable ||
      (failed.status.code() == absl::StatusCode::kResourceExhausted && failed.pushback.has_value());
  if (!may_retry) return std::nullopt;

  absl::Duration pause;
  if (failed.pushback.has_value()) {
    if (*failed.pushback < absl::ZeroDuration()) return std::nullopt;
    pause = *failed.pushback;
    backoffs_ = 0;
  } else {
    pause = Backoff(uniform);
  }
  if (pause >= remaining) return std::nullopt;
  return pause;
}

absl::Status CallWithRetries(const RetryOptions& options, const RetryEnvironment& environment,
                             absl::Time deadline,
                             absl::FunctionRef<AttemptOutcome(absl::Duration)> attempt) {
  RetrySchedule schedule(options);
  while (true) {
    const AttemptOutcome outcome = attempt(deadline - environment.clock->Now());
    if (outcome.status.ok()) return outcome.status;
    const double uniform = environment.uniform ? environment.uniform() : ThreadUniform();
    const auto pause = schedule.Next(outcome, deadline - environment.clock->Now(), uniform);
    if (!pause) return outcome.status;
    environment.sleep(*pause);
    // The sleep may have been longer than asked for.
    if (environment.clock->Now() >= deadline) return outcome.status;
  }
}

}  // namespace lookbook
