#include "server/lifecycle/watchdog.h"

namespace lookbook {

Watchdog::Watchdog(const WatchdogOptions& options, const RunningTasks* tasks)
    : options_(options), tasks_(tasks) {}

WatchdogFinding::Verdict Watchdog::Judge(const std::optional<RunningTasks::Oldest>& oldest) const {
  using Verdict = WatchdogFinding::Verdict;
  if (!oldest.has_value()) return Verdict::kWell;
  if (oldest->age > options_.give_up_after) return Verdict::kGiveUp;
  return oldest->age > options_.stalled_after ? Verdict::kStalled : Verdict::kWell;
}

WatchdogFinding Watchdog::Look() {
  const std::optional<RunningTasks::Oldest> oldest = tasks_->oldest();
  WatchdogFinding finding;
  finding.verdict = Judge(oldest);
  if (finding.verdict != WatchdogFinding::Verdict::kWell) {
    finding.pool = oldest->pool;
    finding.age = oldest->age;
  }
  finding.changed = finding.verdict != before_.verdict || finding.pool != before_.pool;
  before_ = finding;
  return finding;
}

}  // namespace lookbook
