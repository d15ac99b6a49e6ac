// Counts the calls inside, and stops letting new ones in.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace lookbook {

// gRPC's own shutdown drops calls that are on their way while it begins, and their callers see
// CANCELLED, which nobody retries. So a server first closes this gate: such calls are answered
// UNAVAILABLE, those inside finish, and gRPC is shut down when nothing is left to drop.
// Thread-safe.
class DrainGate {
 public:
  // False once the gate is closed; true must be followed by one Leave().
  bool Enter();
  void Leave();

  void Close();
  // Returns true as soon as nobody is inside, false when `timeout` has passed before.
  bool AwaitEmpty(absl::Duration timeout);

 private:
  Mutex mutex_;
  CondVar left_;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// What those are told that find it closed: UNAVAILABLE draining.
absl::Status DrainingError();

}  // namespace lookbook
