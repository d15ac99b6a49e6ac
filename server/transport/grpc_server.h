// The listening gRPC server: limits, keepalive, reflection, shutdown.
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/metrics/server_metrics.h"
#include "server/transport/acceptor.h"

namespace lookbook {

struct GrpcServerOptions {
  std::string address = "127.0.0.1:0";  // HOST:PORT; port 0 picks a free one.
  bool reflection = true;
  int max_message_bytes = 20 << 20;
  int streams_per_connection = 100;
  int64_t memory_bytes = int64_t{1} << 30;  // What gRPC may hold in buffers.
  int connections = 1000;                   // Open at once.
  int connections_per_client = 0;           // Of them from one address; 0 = no limit of its own.
  // How long a connection may take to become one: TLS, and HTTP/2's first frames.
  absl::Duration handshake_timeout = absl::Seconds(3);
  // After about this time, a tenth more or less, a connection takes no new call (the client opens
  // another one), and after the grace it is closed, whatever still runs on it.
  absl::Duration connection_age = absl::InfiniteDuration();
  absl::Duration connection_grace = absl::Seconds(30);
  std::shared_ptr<grpc::ServerCredentials> credentials;  // Null: plain text.
  ServerMetrics* metrics = nullptr;  // Counts connections; null: nobody does. Outlives the server.
};

// Compression is off: images do not compress, and a small compressed message could unfold to
// gigabytes before any limit is looked at. A port that another process listens on is an error,
// never shared. Connections are accepted by an Acceptor, not by gRPC. Thread-safe.
class GrpcServer {
 public:
  // `services` must outlive the server. InvalidArgument names an address that cannot be listened
  // on.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Listen(
      const GrpcServerOptions& options, const std::vector<grpc::Service*>& services);
  // Shutdown(0).
  ~GrpcServer();

  int port() const { return acceptor_->port(); }

  // Closes the port, takes no new call, gives those that run until `drain` is over, then cancels
  // them, and returns when all have ended. Idempotent.
  void Shutdown(absl::Duration drain);

 private:
  GrpcServer(std::shared_ptr<grpc::ServerCredentials> credentials,
             std::unique_ptr<grpc::Server> server, std::unique_ptr<Acceptor> acceptor);

  const std::shared_ptr<grpc::ServerCredentials> credentials_;  // Outlives the server.
  const std::unique_ptr<grpc::Server> server_;
  const std::unique_ptr<Acceptor> acceptor_;  // Hands its connections to the server.
};

}  // namespace lookbook
