#include "client/load/closed_loop.h"

namespace lookbook {

absl::Status ClosedLoop::Start() {
  for (int i = 0; i < concurrency_; ++i) Launch();
  return absl::OkStatus();
}

void ClosedLoop::Stop() {
  stopping_ = true;
  ledger_.AwaitIdle();
}

void ClosedLoop::Launch() {
  const absl::Time now = clock_.Now();
  const CallLedger::Ticket ticket = ledger_.Begin(now, now);
  caller_.Start(next_number_++,
                [this, ticket](const CallOutcome& outcome) { OnEnd(ticket, outcome); });
}

// The next call begins before this one ends in the books: as long as one is in flight there, Stop()
// waits, and the loop lives.
void ClosedLoop::OnEnd(const CallLedger::Ticket& ticket, const CallOutcome& outcome) {
  const absl::Time now = clock_.Now();
  CallLedger& ledger = ledger_;
  if (!stopping_) Launch();
  ledger.End(ticket, now, outcome);
}

}  // namespace lookbook
