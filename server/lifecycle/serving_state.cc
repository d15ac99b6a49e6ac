#include "server/lifecycle/serving_state.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lookbook {

const char* ServingStateName(ServingState state) {
  switch (state) {
    case ServingState::kStarting:
      return "starting";
    case ServingState::kServing:
      return "serving";
    case ServingState::kMoving:
      return "moving";
    case ServingState::kStalled:
      return "stalled";
    case ServingState::kLameDuck:
      return "lame_duck";
    case ServingState::kDraining:
      return "draining";
    case ServingState::kStopped:
      return "stopped";
  }
  return "unknown";
}

bool MayFollow(ServingState from, ServingState to) {
  switch (from) {
    case ServingState::kStarting:
      return to == ServingState::kServing || to == ServingState::kStopped;
    case ServingState::kServing:
      return to == ServingState::kLameDuck || to == ServingState::kMoving ||
             to == ServingState::kStalled;
    case ServingState::kMoving:
      return to == ServingState::kServing || to == ServingState::kLameDuck;
    case ServingState::kStalled:
      return to == ServingState::kServing || to == ServingState::kMoving ||
             to == ServingState::kLameDuck;
    case ServingState::kLameDuck:
      return to == ServingState::kDraining;
    case ServingState::kDraining:
      return to == ServingState::kStopped;
    case ServingState::kStopped:
      return false;
  }
  return false;
}

bool IsReady(ServingState state) { return state == ServingState::kServing; }
bool IsLive(ServingState state) { return state != ServingState::kStopped; }

ServingStateMachine::ServingStateMachine(std::function<void(ServingState)> entered)
    : entered_(std::move(entered)) {
  entered_(ServingState::kStarting);
}

ServingState ServingStateMachine::state() const {
  MutexLock lock(&mutex_);
  return state_;
}

absl::Status ServingStateMachine::Advance(ServingState next) {
  {
    MutexLock lock(&mutex_);
    if (!MayFollow(state_, next)) {
      return absl::FailedPreconditionError(absl::StrCat("a server that is ",
                                                        ServingStateName(state_), " cannot become ",
                                                        ServingStateName(next)));
    }
    state_ = next;
  }
  entered_(next);
  return absl::OkStatus();
}

}  // namespace lookbook
