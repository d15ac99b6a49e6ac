#include "server/transport/call.h"

#include <chrono>
#include <utility>

#include "base/status_macros.h"
#include "server/transport/call_deadline.h"
#include "server/transport/caller.h"
#include "server/transport/grpc_status.h"

namespace lookbook {
namespace {

const char* MethodName(Method method) {
  switch (method) {
    case Method::kSearch:
      return "Search";
    case Method::kSearchStream:
      return "SearchStream";
    case Method::kEmbed:
      return "Embed";
    case Method::kGetItem:
      return "GetItem";
    case Method::kListClasses:
      return "ListClasses";
    case Method::kGetInfo:
      return "GetInfo";
    case Method::kListBundles:
      return "ListBundles";
    case Method::kActivateBundle:
      return "ActivateBundle";
    case Method::kRollbackBundle:
      return "RollbackBundle";
    case Method::kSetLogLevel:
      return "SetLogLevel";
  }
  return "unknown";
}

// What the caller of an answer that was not delivered saw instead. A fault stays one: it is ours.
absl::Status WhatItsCallerSaw(const absl::Status& answer, bool too_late) {
  if (absl::IsCancelled(answer) || absl::IsDeadlineExceeded(answer) || IsOurFault(answer)) {
    return answer;
  }
  constexpr char kText[] = "the caller had given up before its answer was ready";
  return too_late ? absl::DeadlineExceededError(kText) : absl::CancelledError(kText);
}

}  // namespace

Call::Call(Method method, const CallEnvironment& environment, grpc::CallbackServerContext* context,
           std::shared_ptr<std::atomic<bool>> cancelled, size_t request_bytes, CallTrace trace)
    : method_(method),
      environment_(environment),
      context_(context),
      arrived_(environment.clock->Now()),
      deadline_(CallDeadline(context->deadline(), std::chrono::system_clock::now(), arrived_,
                             environment.max_deadline)),
      cancelled_(std::move(cancelled)) {
  record_.method = MethodName(method);
  record_.request_bytes = request_bytes;
  record_.trace = std::move(trace);
  // From here on nothing can throw: a gate that was entered is left in End().
  admitted_ = environment_.gate->Enter();
  environment_.metrics->RequestStarted(method_);
  environment_.metrics->DeadlineAtArrival(method_, absl::ToDoubleSeconds(deadline_ - arrived_));
}

absl::Status Call::Admit() {
  if (!admitted_) {
    environment_.metrics->Shed(ShedReason::kDraining);
    return DrainingError();
  }
  LB_ASSIGN_OR_RETURN(record_.client, IdentifyCaller(environment_, *context_));
  return ChargeCaller(environment_, record_.client, record_.request_bytes);
}

bool Call::Refused() {
  absl::Status refusal = CatchToStatus("admitting a call", [this] { return Admit(); });
  if (refusal.ok()) return false;
  Complete(std::move(refusal));
  return true;
}

void Call::Complete(absl::Status status, absl::Time reply_begin) {
  // Send() may delete this on another thread: what is needed after it is copied before.
  const CallEnvironment environment = environment_;
  record_.status = std::move(status);
  Send(record_.status);
  if (reply_begin != absl::InfinitePast()) {
    environment.metrics->StageFinished(
        Stage::kReply, absl::ToDoubleSeconds(environment.clock->Now() - reply_begin));
  }
}

void Call::End(bool delivered) {
  const absl::Time now = environment_.clock->Now();
  if (!delivered) record_.status = WhatItsCallerSaw(record_.status, now >= deadline_);
  record_.seconds = absl::ToDoubleSeconds(now - arrived_);
  const auto code = static_cast<absl::StatusCode>(GrpcCodeOf(record_.status));
  environment_.metrics->RequestFinished(method_, code, record_.seconds);
  if (const auto line = environment_.log->Choose(record_.status, record_.seconds, now)) {
    record_.peer = context_->peer();
    AccessLog::Write(record_, *line);
  }
  DrainGate* const gate = admitted_ ? environment_.gate : nullptr;
  delete this;
  if (gate != nullptr) gate->Leave();  // Last: a server that waits for it may go away.
}

}  // namespace lookbook
