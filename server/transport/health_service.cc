#include "server/transport/health_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "server/transport/grpc_status.h"

namespace lookbook {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One Watch stream. At most one operation of it runs at a time; states that pass while one runs are
// skipped. Thread-safe. Keeps itself alive until gRPC is done with it.
class HealthService::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  Watcher(HealthService* service, std::string name) : service_(*service), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  void HoldUntilDone(std::shared_ptr<Watcher> self) { self_ = std::move(self); }

  // What comes next; Continue() carries it out. These two may be called under the service's lock,
  // which keeps states in their order.
  void NoteState(Status status) {
    MutexLock lock(&mutex_);
    pending_ = status;
  }
  void NoteEnd(grpc::Status status) {
    MutexLock lock(&mutex_);
    if (!ending_) ending_ = std::move(status);
  }

  // Starts the next operation unless one runs.
  void Continue() {
    std::optional<grpc::Status> finish;
    {
      MutexLock lock(&mutex_);
      if (busy_ || (!ending_ && !pending_)) return;
      busy_ = true;  // For good once the stream ends.
      if (ending_) {
        finish = ending_;
      } else {
        response_.set_status(*pending_);
        pending_.reset();
      }
    }
    if (finish) return Finish(*finish);
    StartWrite(&response_);
  }

 private:
  void OnWriteDone(bool ok) override {
    {
      MutexLock lock(&mutex_);
      busy_ = false;
      if (!ok && !ending_)
        ending_ = grpc::Status(grpc::StatusCode::CANCELLED, "the watcher is gone");
    }
    Continue();
  }
  void OnCancel() override {
    NoteEnd(grpc::Status(grpc::StatusCode::CANCELLED, "the watcher gave up"));
    Continue();
  }
  void OnDone() override {
    const std::shared_ptr<Watcher> self = std::move(self_);  // The last owner, once forgotten.
    service_.Forget(self);
  }

  HealthService& service_;
  const std::string name_;
  std::shared_ptr<Watcher> self_;
  HealthCheckResponse response_;  // Touched only by the operation that runs.
  Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Status> pending_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> ending_ ABSL_GUARDED_BY(mutex_);
};

namespace {

grpc::Status DrainingStatus() {
  return ToGrpcStatus(
      WithReason(absl::UnavailableError("the server is shutting down"), "draining"));
}

}  // namespace

void HealthService::Set(const std::string& service, bool serving) {
  const Status status = serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  std::vector<std::shared_ptr<Watcher>> told;
  {
    MutexLock lock(&mutex_);
    const auto [entry, added] = services_.emplace(service, status);
    if (!added && entry->second == status) return;
    entry->second = status;
    for (const auto& watcher : watchers_) {
      if (watcher->name() != service) continue;
      watcher->NoteState(status);
      told.push_back(watcher);
    }
  }
  for (const auto& watcher : told) watcher->Continue();
}

void HealthService::EndWatches() {
  std::vector<std::shared_ptr<Watcher>> open;
  {
    MutexLock lock(&mutex_);
    ended_ = true;
    open.assign(watchers_.begin(), watchers_.end());
  }
  for (const auto& watcher : open) {
    watcher->NoteEnd(DrainingStatus());
    watcher->Continue();
  }
}

HealthService::Status HealthService::StatusOf(const std::string& service) const {
  const auto found = services_.find(service);
  return found == services_.end() ? HealthCheckResponse::SERVICE_UNKNOWN : found->second;
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  Status status;
  {
    MutexLock lock(&mutex_);
    status = StatusOf(request->service());
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    const std::string name = absl::CEscape(absl::string_view(request->service()).substr(0, 128));
    reactor->Finish(ToGrpcStatus(
        WithReason(absl::NotFoundError(absl::StrCat("service \"", name, "\" is not known")),
                   "unknown_service")));
    return reactor;
  }
  response->set_status(status);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext*, const HealthCheckRequest* request) {
  if (request->service().size() > kMaxWatchedNameBytes)
    return RefuseWatch(request->service().size());
  auto watcher = std::make_shared<Watcher>(this, request->service());
  watcher->HoldUntilDone(watcher);
  {
    MutexLock lock(&mutex_);
    watchers_.insert(watcher);
    watcher->NoteState(StatusOf(watcher->name()));
    if (ended_) watcher->NoteEnd(DrainingStatus());
  }
  watcher->Continue();
  return watcher.get();
}

// A stream that only ends; no Set() finds it.
HealthService::Watcher* HealthService::RefuseWatch(size_t name_bytes) {
  auto watcher = std::make_shared<Watcher>(this, "");
  watcher->HoldUntilDone(watcher);
  watcher->NoteEnd(ToGrpcStatus(InvalidArgument(
      "bad_service", absl::StrCat("the service's name has ", name_bytes, " bytes; at most ",
                                  kMaxWatchedNameBytes, " are watched"))));
  watcher->Continue();
  return watcher.get();
}

void HealthService::Forget(const std::shared_ptr<Watcher>& watcher) {
  MutexLock lock(&mutex_);
  watchers_.erase(watcher);
}

}  // namespace lookbook
