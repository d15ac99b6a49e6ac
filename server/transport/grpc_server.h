// The listening gRPC server: limits, keepalive, reflection, shutdown.
#pragma once

#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lookbook {

struct GrpcServerOptions {
  std::string address = "127.0.0.1:0";  // HOST:PORT; port 0 picks a free one.
  bool reflection = true;
  int max_message_bytes = 20 << 20;
  int streams_per_connection = 100;
  int64_t memory_bytes = int64_t{1} << 30;  // What gRPC may hold in buffers.
};

// Compression is off: images do not compress, and a small compressed message could unfold to
// gigabytes before any limit is looked at. A port that another process listens on is an error,
// never shared. Thread-safe.
class GrpcServer {
 public:
  // `services` must outlive the server. InvalidArgument names an address that cannot be listened
  // on.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Listen(
      const GrpcServerOptions& options, const std::vector<grpc::Service*>& services);
  // Shutdown(0).
  ~GrpcServer();

  int port() const { return port_; }

  // Takes no new call, gives those that run until `drain` is over, then cancels them, and returns
  // when all have ended. Idempotent.
  void Shutdown(absl::Duration drain);

 private:
  GrpcServer(std::unique_ptr<grpc::Server> server, int port);

  const std::unique_ptr<grpc::Server> server_;
  const int port_;
};

}  // namespace lookbook
