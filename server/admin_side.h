// The part of a server that changes bundles: the admin port and what works behind it.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/thread_pool.h"
#include "server/config/server_config.h"
#include "server/lifecycle/bundle_check.h"
#include "server/lifecycle/bundle_loader.h"
#include "server/lifecycle/pipeline_set.h"
#include "server/transport/call.h"

namespace lookbook {

// Thread-safe.
class AdminSide {
 public:
  struct Parts {
    const PipelineSet* pipelines = nullptr;
    const BundleLoader* loader = nullptr;
    BundleCheck check;  // Null: bundles are checked in this process alone.
    ThreadPool* readers = nullptr;
    CallEnvironment environment;
    std::shared_ptr<grpc::ServerCredentials> credentials;  // Null = plain text.
    int64_t memory_bound = 0;                              // What this process may have in memory.
  };

  // Opens config.listen.admin, unless it is off, and starts to watch where config.lifecycle says
  // so. Everything `parts` points at outlives the object. InvalidArgument names an address that
  // cannot be listened on.
  static absl::StatusOr<std::unique_ptr<AdminSide>> Start(const ServerConfig& config,
                                                          const Parts& parts);
  ~AdminSide();

  int port() const;  // -1: off.

  // Runs `work` while no bundle is being changed; from then on bundles are opened by `loader`.
  // Cancelled: BeginStop() was called.
  absl::Status RunBetween(const BundleLoader* loader, std::function<absl::Status()> work);

  // From now on no bundle changes; callers who wait are told so. Does not block.
  void BeginStop();
  // Waits for what BeginStop() has ended, and closes the port. Idempotent.
  void Stop();

 private:
  struct Impl;
  explicit AdminSide(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
