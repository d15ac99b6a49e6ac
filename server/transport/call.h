// One call from its arrival to its end: deadline, cancellation, counting, log line. How its answer
// travels is its derived class's: UnaryCall, StreamCall.
#pragma once

#include <grpcpp/server_context.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/exception_fence.h"
#include "server/metrics/server_metrics.h"
#include "server/metrics/stage_cpu.h"
#include "server/pipeline/pipeline.h"
#include "server/security/authenticator.h"
#include "server/security/client_rates.h"
#include "server/transport/access_log.h"
#include "server/transport/call_trace.h"
#include "server/transport/drain_gate.h"

namespace lookbook {

// What all calls of a server share; outlives them.
struct CallEnvironment {
  ServerMetrics* metrics = nullptr;
  const Clock* clock = nullptr;
  AccessLog* log = nullptr;
  DrainGate* gate = nullptr;
  absl::Duration max_deadline = absl::Seconds(10);
  const Authenticator* authenticator = nullptr;  // Null: everybody may call, and is nobody.
  ClientRates* rates = nullptr;                  // Null: as often as they like.
};

// Made with `new`; it deletes itself once its answer has gone out. Before that, exactly one
// Complete() must happen, on any thread, and nothing of the call (request, response, this) may be
// touched after it.
class Call {
 public:
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // True: the server drains, or the caller may not call, or not so often; the call has been
  // completed with that, and who made it does nothing more. REQUIRES: asked once, before anything
  // else.
  bool Refused();

  // Of the environment's clock.
  absl::Time deadline() const { return deadline_; }
  // Becomes true when the caller gives up.
  const std::shared_ptr<std::atomic<bool>>& cancelled() const { return cancelled_; }
  // The far end of its connection.
  std::string peer() const { return context_->peer(); }
  absl::Time Now() const { return environment_.clock->Now(); }

  // For the log.
  void SetBundle(const std::string& bundle_id) { record_.bundle_id = bundle_id; }
  void SetQuery(const QueryResult& so_far) {
    record_.stages = so_far.seconds;
    record_.image = so_far.image;
    record_.batch = so_far.batch;
  }

  // Ends the call. `reply_begin`: when work on the reply began, for the stage "reply".
  void Complete(absl::Status status, absl::Time reply_begin = absl::InfinitePast());

  // Ends the call with what `reply`, which fills the response, returns or throws.
  template <typename Fn>
  void CompleteWith(Fn&& reply) {
    const StageCpu cpu(environment_.metrics, Stage::kReply);
    const absl::Time begin = Now();
    Complete(CatchToStatus("making the reply", std::forward<Fn>(reply)), begin);
  }

 protected:
  // Takes what the log says of the request. The deadline is that of `context`, which must outlive
  // End(), and the environment's cap. REQUIRES: nothing that is made of the derived class after
  // this may throw.
  Call(Method method, const CallEnvironment& environment, grpc::CallbackServerContext* context,
       std::shared_ptr<std::atomic<bool>> cancelled, size_t request_bytes, CallTrace trace);
  virtual ~Call() = default;

  // Sends the answer; End() follows, now or later, on any thread.
  virtual void Send(const absl::Status& status) = 0;

  // The answer has gone out, or never will: counts and logs the call and deletes it. An answer that
  // was not `delivered`, for its caller had given up, counts as what the caller saw instead:
  // CANCELLED, or DEADLINE_EXCEEDED once the deadline has passed. A fault of ours stays one.
  void End(bool delivered);

  grpc::CallbackServerContext* context() const { return context_; }

 private:
  absl::Status Admit();

  const Method method_;
  const CallEnvironment environment_;
  grpc::CallbackServerContext* const context_;
  const absl::Time arrived_;
  const absl::Time deadline_;
  const std::shared_ptr<std::atomic<bool>> cancelled_;
  bool admitted_ = false;
  CallRecord record_;
};

}  // namespace lookbook
