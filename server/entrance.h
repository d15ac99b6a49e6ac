// Who may come in: the certificates, tokens and rates of a server's ports, as configured.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "server/config/server_config.h"
#include "server/metrics/server_metrics.h"
#include "server/transport/call.h"
#include "server/transport/grpc_server.h"

namespace lookbook {

// Outlives the servers that its credentials were given to, and their calls. Thread-safe, except
// Refresh(), which is for one thread.
class Entrance {
 public:
  // Reads the files that `config` names. An error names the option, the file and what is wrong with
  // it: what a start refuses, Refresh() would not take either.
  static absl::StatusOr<std::unique_ptr<Entrance>> Open(const ServerConfig& config,
                                                        ServerMetrics* metrics);
  ~Entrance();

  // Null = plain text.
  std::shared_ptr<grpc::ServerCredentials> data_credentials() const;
  std::shared_ptr<grpc::ServerCredentials> admin_credentials() const;

  // `environment` with what guards the calls of that port.
  CallEnvironment GuardData(CallEnvironment environment) const;
  CallEnvironment GuardAdmin(CallEnvironment environment) const;

  // Takes over files that have changed. What cannot be used is logged and counted once; what was
  // there before stays in force.
  void Refresh();

 private:
  struct Impl;
  explicit Entrance(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
