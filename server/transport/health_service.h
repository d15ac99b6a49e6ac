// grpc.health.v1.Health: Check and Watch per service.
//
// gRPC's own implementation has no descriptor for reflection, and its Watch streams hold a draining
// server until the drain's end; this one ends them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace lookbook {

// A Watch keeps its service's name as long as it lives.
inline constexpr size_t kMaxWatchedNameBytes = 256;

// Thread-safe. Must outlive the gRPC server it is registered with.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // Tells Check from now on and every Watch of `service`. A service is known from its first Set().
  void Set(const std::string& service, bool serving);

  // Ends every Watch with UNAVAILABLE, now and later, so that no stream outlives a drain.
  void EndWatches();

  // Unknown service: NOT_FOUND.
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;

  // The state now, then each change. Unknown service: SERVICE_UNKNOWN until it is known. A name
  // beyond kMaxWatchedNameBytes: INVALID_ARGUMENT bad_service.
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  class Watcher;
  using Status = grpc::health::v1::HealthCheckResponse::ServingStatus;
  Status StatusOf(const std::string& service) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Watcher* RefuseWatch(size_t name_bytes);
  void Forget(const std::shared_ptr<Watcher>& watcher);

  Mutex mutex_;
  std::map<std::string, Status> services_ ABSL_GUARDED_BY(mutex_);
  std::set<std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace lookbook
