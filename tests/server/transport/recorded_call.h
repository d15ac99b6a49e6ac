// A call without gRPC.
#pragma once

#include <memory>
#include <utility>

#include "base/mutex.h"
#include "server/transport/call.h"

namespace lookbook {

// What became of a RecordedCall. Thread-safe.
class CallOutcome {
 public:
  void Set(absl::Status status) {
    MutexLock lock(&mutex_);
    status_ = std::move(status);
    answered_ = true;
    changed_.NotifyAll();
  }
  // Blocks until the call was completed.
  absl::Status Wait() const {
    MutexLock lock(&mutex_);
    while (!answered_) changed_.Wait(&mutex_);
    return status_;
  }
  bool answered() const {
    MutexLock lock(&mutex_);
    return answered_;
  }

 private:
  mutable Mutex mutex_;
  mutable CondVar changed_;
  bool answered_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

// Its answer is `outcome`, and it ends with it. Not `delivered`: its caller gave up.
class RecordedCall final : public Call {
 public:
  RecordedCall(const CallEnvironment& environment, grpc::CallbackServerContext* context,
               std::shared_ptr<CallOutcome> outcome, absl::string_view request_id = "",
               bool delivered = true)
      : Call(Method::kSearch, environment, context, std::make_shared<std::atomic<bool>>(false), 7,
             TraceCall(context->client_metadata(), request_id)),
        outcome_(std::move(outcome)),
        delivered_(delivered) {}

 private:
  void Send(const absl::Status& status) override {
    const std::shared_ptr<CallOutcome> outcome = outcome_;
    const absl::Status sent = status;
    End(delivered_);
    outcome->Set(sent);
  }

  const std::shared_ptr<CallOutcome> outcome_;
  const bool delivered_;
};

}  // namespace lookbook
