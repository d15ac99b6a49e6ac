// A closed loop: a fixed number of calls in flight, each end starting the next call.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "base/clock.h"
#include "client/load/call_ledger.h"
#include "client/load/caller.h"
#include "client/load/load.h"

namespace lookbook {

// It measures capacity; it hides queueing, for a slow server is asked less often. Has no thread of
// its own: calls are started where others end. A call is due when it is sent.
// Thread-safe.
class ClosedLoop : public Load {
 public:
  // REQUIRES: concurrency >= 1. The three must outlive the loop.
  ClosedLoop(int concurrency, Caller* caller, CallLedger* ledger, const Clock* clock)
      : concurrency_(concurrency), caller_(*caller), ledger_(*ledger), clock_(*clock) {}
  ~ClosedLoop() override { Stop(); }

  absl::Status Start() override;
  void Stop() override;

 private:
  void Launch();
  void OnEnd(const CallLedger::Ticket& ticket, const CallOutcome& outcome);

  const int concurrency_;
  Caller& caller_;
  CallLedger& ledger_;
  const Clock& clock_;
  std::atomic<int64_t> next_number_{0};
  std::atomic<bool> stopping_{false};
};

}  // namespace lookbook
