// Where a server is in its life.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "base/mutex.h"

namespace lookbook {

// kStarting -> kServing -> kLameDuck -> kDraining -> kStopped. kStarting may go to kStopped at
// once: a bundle did not load, or a signal came first. kServing may go to kMoving or kStalled and
// back.
enum class ServingState {
  kStarting,  // The port is open, health says NOT_SERVING, calls are answered UNAVAILABLE.
  kServing,
  kMoving,    // Health says NOT_SERVING: bundles are loaded again, on another device.
  kStalled,   // Health says NOT_SERVING: a thread hangs or memory is short; calls are answered as
              // far as can be.
  kLameDuck,  // Health says NOT_SERVING, calls are served as before.
  kDraining,  // No new call; those that run finish.
  kStopped,
};

const char* ServingStateName(ServingState state);  // "starting", …
bool MayFollow(ServingState from, ServingState to);

// What the health service says.
bool IsReady(ServingState state);  // Send calls here.
bool IsLive(ServingState state);   // Do not restart this process.

// Thread-safe.
class ServingStateMachine {
 public:
  // `entered` is called with each new state, on the thread that advanced, and with kStarting by the
  // constructor.
  explicit ServingStateMachine(std::function<void(ServingState)> entered);

  ServingState state() const;

  // FailedPrecondition, and nothing changes: `next` may not follow.
  absl::Status Advance(ServingState next);

 private:
  const std::function<void(ServingState)> entered_;
  mutable Mutex mutex_;
  ServingState state_ ABSL_GUARDED_BY(mutex_) = ServingState::kStarting;
};

}  // namespace lookbook
