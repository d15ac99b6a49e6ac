#include "server/lifecycle/shutdown.h"

#include "base/status_macros.h"

namespace lookbook {

absl::Status ShutDown(const ShutdownOptions& options, const ShutdownSteps& steps,
                      ServingStateMachine* machine) {
  if (machine->state() == ServingState::kStarting) {
    LB_RETURN_IF_ERROR(machine->Advance(ServingState::kStopped));
    steps.drain_calls(absl::ZeroDuration());
    steps.stop_pipelines();
    return absl::OkStatus();
  }
  LB_RETURN_IF_ERROR(machine->Advance(ServingState::kLameDuck));
  steps.wait(options.lame_duck);
  LB_RETURN_IF_ERROR(machine->Advance(ServingState::kDraining));
  steps.drain_calls(options.drain);
  steps.stop_pipelines();
  return machine->Advance(ServingState::kStopped);
}

}  // namespace lookbook
