// An open loop: calls come due at their own times, whatever became of those before.
#pragma once

#include <cstdint>
#include <thread>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "client/load/call_ledger.h"
#include "client/load/caller.h"
#include "client/load/load.h"
#include "client/load/poisson_arrivals.h"

namespace lookbook {

struct OpenLoopOptions {
  double rate = 1;           // Calls a second, on average.
  uint64_t seed = 1;         // Of the arrivals.
  int max_in_flight = 1000;  // What comes due beyond it is not sent, and counted.
};

// Arrivals are a Poisson process, as from many callers who know nothing of each other. What is late
// is sent at once, never skipped, and its latency counts from when it was due.
// Thread-safe, except that StartDue() and Start() are not used on the same loop.
class OpenLoop : public Load {
 public:
  // REQUIRES: rate > 0, max_in_flight >= 1. The three must outlive the loop.
  OpenLoop(const OpenLoopOptions& options, Caller* caller, CallLedger* ledger, const Clock* clock);
  ~OpenLoop() override { Stop(); }

  // A thread that calls StartDue() whenever a call is due.
  absl::Status Start() override;
  void Stop() override;

  // Sends the calls that are due by now; returns when the next one is.
  absl::Time StartDue();

 private:
  void Send(absl::Time due);
  bool IsStopping();
  void Run();
  bool SleepUntil(absl::Time due);  // False: the loop was stopped.

  const OpenLoopOptions options_;
  Caller& caller_;
  CallLedger& ledger_;
  const Clock& clock_;
  PoissonArrivals arrivals_;
  int64_t next_number_ = 0;
  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lookbook
