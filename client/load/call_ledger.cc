#include "client/load/call_ledger.h"

#include <algorithm>
#include <utility>

namespace lookbook {

int CallLedger::OpenNext() {
  MutexLock lock(&mutex_);
  windows_[++open_];
  return open_;
}

CallLedger::Ticket CallLedger::Begin(absl::Time due, absl::Time now) {
  MutexLock lock(&mutex_);
  Window& window = windows_[open_];
  ++window.tally.due;
  window.tally.lag.Add(std::max(now - due, absl::ZeroDuration()));
  ++window.in_flight;
  ++in_flight_;
  return {open_, due, now};
}

void CallLedger::LeaveOut() {
  MutexLock lock(&mutex_);
  ++windows_[open_].tally.due;
  ++windows_[open_].tally.left_out;
}

void CallLedger::End(const Ticket& ticket, absl::Time now, const CallOutcome& outcome) {
  MutexLock lock(&mutex_);
  Window& window = windows_[ticket.window];
  window.tally.Add(outcome, now - ticket.due, now - ticket.sent, objective_);
  --window.in_flight;
  if (--in_flight_ == 0) idle_.NotifyAll();
}

int64_t CallLedger::Due(int window) const {
  MutexLock lock(&mutex_);
  return windows_.at(window).tally.due;
}

bool CallLedger::IsSettled(int window) const {
  MutexLock lock(&mutex_);
  return window != open_ && windows_.at(window).in_flight == 0;
}

WindowTally CallLedger::Take(int window) {
  MutexLock lock(&mutex_);
  return std::move(windows_.extract(window).mapped().tally);
}

int64_t CallLedger::in_flight() const {
  MutexLock lock(&mutex_);
  return in_flight_;
}

void CallLedger::AwaitIdle() const {
  MutexLock lock(&mutex_);
  while (in_flight_ > 0) idle_.Wait(&mutex_);
}

}  // namespace lookbook
