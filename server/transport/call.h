// One unary call from its arrival to its end: deadline, cancellation, counting, status.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/exception_fence.h"
#include "server/metrics/server_metrics.h"
#include "server/pipeline/pipeline.h"
#include "server/transport/access_log.h"
#include "server/transport/drain_gate.h"

namespace lookbook {

// What all calls of a server share; outlives them.
struct CallEnvironment {
  ServerMetrics* metrics = nullptr;
  const Clock* clock = nullptr;
  AccessLog* log = nullptr;
  DrainGate* gate = nullptr;
  absl::Duration max_deadline = absl::Seconds(10);
};

// Made with `new` by the method that gRPC called, and returned to gRPC; it deletes itself when gRPC
// is done with it. Between the two, exactly one Complete() must happen, on any thread, and nothing
// of the call (request, response, this) may be touched after it.
class Call final : public grpc::ServerUnaryReactor {
 public:
  // Takes what the log says of the request; `request_id` may be anything.
  Call(Method method, const CallEnvironment& environment, grpc::CallbackServerContext* context,
       size_t request_bytes, absl::string_view request_id);

  // True: the server drains; the call has been completed with UNAVAILABLE draining, and the method
  // returns. REQUIRES: asked once, before anything else.
  bool Refused();

  // Of the environment's clock.
  absl::Time deadline() const { return deadline_; }
  // Becomes true when the caller gives up.
  const std::shared_ptr<std::atomic<bool>>& cancelled() const { return cancelled_; }
  absl::Time Now() const { return environment_.clock->Now(); }

  // For the log.
  void SetBundle(const std::string& bundle_id) { record_.bundle_id = bundle_id; }
  void SetStages(const StageSeconds& stages) { record_.stages = stages; }

  // Ends the call. `reply_begin`: when work on the reply began, for the stage "reply".
  void Complete(absl::Status status, absl::Time reply_begin = absl::InfinitePast());

  // Ends the call with what `reply`, which fills the response, returns or throws.
  template <typename Fn>
  void CompleteWith(Fn&& reply) {
    const absl::Time begin = Now();
    Complete(CatchToStatus("making the reply", std::forward<Fn>(reply)), begin);
  }

 private:
  void OnCancel() override;
  void OnDone() override;

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
