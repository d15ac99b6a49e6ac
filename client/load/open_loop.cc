#include "client/load/open_loop.h"

#include "base/exception_fence.h"

namespace lookbook {

OpenLoop::OpenLoop(const OpenLoopOptions& options, Caller* caller, CallLedger* ledger,
                   const Clock* clock)
    : options_(options),
      caller_(*caller),
      ledger_(*ledger),
      clock_(*clock),
      arrivals_(options.rate, options.seed, clock->Now()) {}

absl::Status OpenLoop::Start() {
  return CatchToStatus("cannot start a thread", [&] {
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  });
}

void OpenLoop::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  ledger_.AwaitIdle();
}

absl::Time OpenLoop::StartDue() {
  // The time is read anew for each call: sending one may take longer than the next one's gap.
  for (; arrivals_.due() <= clock_.Now() && !IsStopping(); arrivals_.Advance()) {
    Send(arrivals_.due());
  }
  return arrivals_.due();
}

void OpenLoop::Send(absl::Time due) {
  if (ledger_.in_flight() >= options_.max_in_flight) return ledger_.LeaveOut();
  const CallLedger::Ticket ticket = ledger_.Begin(due, clock_.Now());
  caller_.Start(next_number_++,
                [ledger = &ledger_, clock = &clock_, ticket](const CallOutcome& outcome) {
                  ledger->End(ticket, clock->Now(), outcome);
                });
}

bool OpenLoop::IsStopping() {
  MutexLock lock(&mutex_);
  return stopping_;
}

void OpenLoop::Run() {
  while (SleepUntil(StartDue())) {
  }
}

bool OpenLoop::SleepUntil(absl::Time due) {
  MutexLock lock(&mutex_);
  for (absl::Duration left = due - clock_.Now(); !stopping_ && left > absl::ZeroDuration();
       left = due - clock_.Now()) {
    stop_.WaitFor(&mutex_, left);
  }
  return !stopping_;
}

}  // namespace lookbook
