// The books of a load: which window each call belongs to, and what came of it.
#pragma once

#include <cstdint>
#include <map>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "client/load/caller.h"
#include "client/load/window_tally.h"

namespace lookbook {

// A call belongs to the window that is open when it is sent, however late it ends: a window whose
// last call has not ended is not settled, and so no window forgets its slowest calls.
// Thread-safe.
class CallLedger {
 public:
  struct Ticket {
    int window = 0;
    absl::Time due;
    absl::Time sent;
  };

  // `objective`: how long after it was due an answer is still good. Window 0 is open.
  explicit CallLedger(absl::Duration objective) : objective_(objective), windows_{{0, {}}} {}

  // Closes the open window and returns the number of the next, which is open now.
  int OpenNext();

  // A call that was due at `due` is sent at `now`.
  Ticket Begin(absl::Time due, absl::Time now);
  // A call was due and was not sent.
  void LeaveOut();
  // REQUIRES: once per ticket. The last thing that a call may do with the ledger.
  void End(const Ticket& ticket, absl::Time now, const CallOutcome& outcome);

  // Calls that came due in a window so far; it must not have been taken.
  int64_t Due(int window) const;
  // The window is closed and all its calls have ended.
  bool IsSettled(int window) const;
  // Hands the window out and forgets it. REQUIRES: it is settled and was not taken.
  WindowTally Take(int window);

  int64_t in_flight() const;
  // Blocks until no call is in flight.
  void AwaitIdle() const;

 private:
  struct Window {
    WindowTally tally;
    int64_t in_flight = 0;
  };

  const absl::Duration objective_;
  mutable Mutex mutex_;
  mutable CondVar idle_;
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int, Window> windows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
