// When a failed call is tried again, and when it is not. Knows nothing of gRPC.
#pragma once

#include <functional>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace lookbook {

struct RetryOptions {
  int max_attempts = 3;  // The first call included; 1 = never retry.
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(2);
  double multiplier = 2.0;
};

// InvalidArgument names the member that is out of range and its value.
absl::Status ValidateRetryOptions(const RetryOptions& options);

struct AttemptOutcome {
  absl::Status status;
  // What the server said in `grpc-retry-pushback-ms`; negative: do not come back.
  std::optional<absl::Duration> pushback;
};

// The attempts of one call. UNAVAILABLE is tried again after a pause that
// doubles, jittered over its upper half so that clients spread out.
// RESOURCE_EXHAUSTED is tried again only when the server said when. A pushback
// replaces the computed pause and starts the doubling over.
// Not thread-safe.
class RetrySchedule {
 public:
  // REQUIRES: `options` is valid.
  explicit RetrySchedule(const RetryOptions& options) : options_(options) {}

  // Reports a failed attempt. Returns the pause before the next one, or nothing
  // when there must be none: attempts are used up, the code is final, or the
  // pause does not fit into `remaining`. `uniform` is drawn from [0, 1).
  std::optional<absl::Duration> Next(const AttemptOutcome& failed, absl::Duration remaining,
                                     double uniform);

 private:
  absl::Duration Backoff(double uniform);

  const RetryOptions options_;
  int attempts_ = 0;
  int backoffs_ = 0;  // Since the start or the last pushback.
};

// What the retry loop takes from the world; tests bring their own.
struct RetryEnvironment {
  const Clock* clock = Clock::Steady();
  std::function<void(absl::Duration)> sleep = absl::SleepFor;
  std::function<double()> uniform;  // From [0, 1); thread-safe. Null: a generator per thread.
};

// Calls `attempt` with the time that is left until it succeeds or the schedule
// ends, and returns the last status. Never sleeps past `deadline`.
absl::Status CallWithRetries(const RetryOptions& options, const RetryEnvironment& environment,
                             absl::Time deadline,
                             absl::FunctionRef<AttemptOutcome(absl::Duration)> attempt);

}  // namespace lookbook
