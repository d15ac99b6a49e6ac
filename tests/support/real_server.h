// A lookbook-server as a process of its own, asked over gRPC.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "lookbook/v1/search.grpc.pb.h"
#include "tests/support/program_run.h"

namespace lookbook {

// Ends the process when the test forgets to. Thread-safe but for process().
class RealServer {
 public:
  // Starts `program` with the bundles of the root `root`, on loopback ports that it finds, without
  // metrics and with `more`, and waits until it serves. Its errors go into the file `log`.
  // Unavailable, with what it says, when it ends first.
  static absl::StatusOr<std::unique_ptr<RealServer>> Start(const std::string& program,
                                                           const std::string& root,
                                                           const std::vector<std::string>& more,
                                                           const std::string& log);

  // Of a connection that no other channel shares.
  std::shared_ptr<grpc::Channel> DataChannel() const;

  grpc::Status Search(const std::string& image, v1::SearchResponse* response);
  grpc::Status Activate(const std::string& bundle_id, v1::ActivateBundleResponse* response);
  grpc::Status Activate(const std::string& bundle_id);

  ProgramRun& process() { return process_; }

 private:
  RealServer(const std::string& program, std::vector<std::string> arguments, const std::string& log)
      : process_(program, std::move(arguments), log) {}

  ProgramRun process_;
  int data_port_ = 0;
  std::unique_ptr<v1::SearchService::Stub> search_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

}  // namespace lookbook
