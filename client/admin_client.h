// A C++ client of lookbook-server's AdminService.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/trace_context.h"
#include "client/connection_security.h"
#include "lookbook/v1/admin.pb.h"

namespace lookbook {

struct AdminClientOptions {
  std::string target = "localhost:50052";      // host:port of listen.admin.
  absl::Duration deadline = absl::Minutes(5);  // Of a call.
  ConnectionSecurity security;
  std::optional<TraceContext> trace;  // As SearchClientOptions::trace.
};

// Thread-safe. Calls block, and are made once: a rollback that is repeated goes the other way.
// Statuses are those of SearchClient.
class AdminClient {
 public:
  // Connects at the first call, not here. InvalidArgument: an option is out of range.
  static absl::StatusOr<std::unique_ptr<AdminClient>> Create(AdminClientOptions options);
  ~AdminClient();

  // `name`: of a configured bundle root; empty = all, and the first where there can be but one.
  absl::StatusOr<v1::ListBundlesResponse> ListBundles(const std::string& name) const;
  // `bundle_id`: empty = what CURRENT names.
  absl::StatusOr<v1::Activation> Activate(const std::string& name,
                                          const std::string& bundle_id) const;
  absl::StatusOr<v1::Activation> Rollback(const std::string& name) const;
  // `level`: empty = leave it as it is.
  absl::StatusOr<v1::SetLogLevelResponse> SetLogLevel(const std::string& level) const;

 private:
  struct Connection;
  explicit AdminClient(AdminClientOptions options);

  const AdminClientOptions options_;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace lookbook
