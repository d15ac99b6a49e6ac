#include "server/lifecycle/self_check.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/logging.h"
#include "base/reason.h"

namespace lookbook {

SelfCheck::SelfCheck(const WatchdogOptions& workers, const MemoryWatchOptions& memory, Parts parts)
    : parts_(std::move(parts)),
      memory_bound_(memory.bytes),
      watchdog_(workers, parts_.tasks),
      memory_watch_(memory) {}

absl::Status SelfCheck::CheckWorkers() {
  using Verdict = WatchdogFinding::Verdict;
  const WatchdogFinding finding = watchdog_.Look();
  const auto what = [&] {
    return absl::StrCat("a thread of \"", finding.pool, "\" has been at one task for ",
                        absl::FormatDuration(absl::Trunc(finding.age, absl::Milliseconds(1))));
  };
  if (finding.verdict == Verdict::kGiveUp)
    return WithReason(absl::DeadlineExceededError(what()), "stuck");
  workers_well_ = finding.verdict == Verdict::kWell;
  if (finding.changed && !workers_well_) {
    parts_.metrics->WorkerStalled(finding.pool);
    LogError("a worker is stalled", {{"what", what()}});
  }
  Show();
  return absl::OkStatus();
}

absl::Status SelfCheck::CheckMemory() {
  const absl::StatusOr<int64_t> resident = parts_.resident_memory();
  if (!resident.ok()) return absl::OkStatus();
  const MemoryVerdict verdict = memory_watch_.Judge(*resident);
  if (verdict == MemoryVerdict::kGiveUp) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                          "this process has ", *resident, " bytes in memory, far above ",
                          memory_bound_, " of watchdog.memory_bytes")),
                      "memory");
  }
  const bool well = verdict == MemoryVerdict::kWell;
  if (well != std::exchange(memory_well_, well)) {
    Log(well ? LogLevel::kInfo : LogLevel::kError,
        well ? "memory is within its bound again" : "memory is short",
        {{"resident_bytes", *resident}, {"watchdog.memory_bytes", memory_bound_}});
  }
  if (!well && parts_.free_memory) parts_.free_memory();
  Show();
  return absl::OkStatus();
}

void SelfCheck::Show() {
  const ServingState wanted =
      workers_well_ && memory_well_ ? ServingState::kServing : ServingState::kStalled;
  const ServingState other =
      wanted == ServingState::kServing ? ServingState::kStalled : ServingState::kServing;
  if (parts_.machine->state() != other) return;
  const absl::Status status = parts_.machine->Advance(wanted);
  if (!status.ok()) LogDebug("health stays as it is", {{"status", status}});  // It just stopped.
}

}  // namespace lookbook
