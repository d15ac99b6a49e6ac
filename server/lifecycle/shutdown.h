// The end of a server's life, in the order that loses no call.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/lifecycle/serving_state.h"

namespace lookbook {

struct ShutdownOptions {
  absl::Duration lame_duck = absl::Seconds(5);
  absl::Duration drain = absl::Seconds(20);
};

struct ShutdownSteps {
  // Lets time pass while calls are served; load balancers learn from the health service to look
  // away.
  std::function<void(absl::Duration)> wait;
  // Takes no new call; returns when those that run have ended. Once the time is over they are
  // cancelled.
  std::function<void(absl::Duration)> drain_calls;
  std::function<void()> stop_pipelines;
};

// From kServing: lame duck, drain, pipelines, kStopped. From kStarting: drains and stops without a
// lame duck. FailedPrecondition: it has been run, or runs.
absl::Status ShutDown(const ShutdownOptions& options, const ShutdownSteps& steps,
                      ServingStateMachine* machine);

}  // namespace lookbook
