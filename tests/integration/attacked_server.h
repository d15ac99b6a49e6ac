// lookbook-server as a process of its own, with few descriptors, and what it takes to see whether
// an attack did any harm.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lookbook/v1/search.grpc.pb.h"
#include "tests/support/http2_frames.h"
#include "tests/support/program_run.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {

// LOOKBOOK_ATTACKS=long: more of everything, and the bounds that are promised; without it the
// bounds are what a busy machine can keep.
class AttackedServer : public ::testing::Test {
 protected:
  static bool IsLong();

  AttackedServer();

  // Serves one bundle with `descriptors` at most and `flags` more, and has answered some calls:
  // what it has open then is what it must come back to.
  void Serve(int descriptors, const std::vector<std::string>& flags = {});

  // A client that is new: a connection of its own.
  grpc::Status Search();
  // One that has been there before the attack.
  grpc::Status SearchAsBefore();

  // Call it when the attack is over: a new client is served within 5 s, and the process comes back
  // to as many descriptors and threads as before.
  void ExpectServingAgain();

  TcpClient Connect() const { return TcpClient(data_port_); }
  // A connection that HTTP/2 has begun on.
  TcpClient Greet() const;

  // A number of /proc/PID/status, such as "VmHWM:", in bytes or as it is.
  int64_t Status(const char* key) const;
  int Descriptors() const;
  int Threads() const;
  double Metric(const std::string& series) const;
  bool MetricBecomes(const std::string& series, double value) const;
  bool MetricExceeds(const std::string& series, double value) const;

  std::shared_ptr<grpc::ChannelCredentials> credentials_;  // Of Search(); null: plain text.
  TempDir directory_;
  absl::StatusOr<TestBundle> bundle_ = WriteTestBundle(directory_ / "bundles");
  std::unique_ptr<ProgramRun> process_;
  int data_port_ = 0;
  int metrics_port_ = 0;

 private:
  static grpc::Status SearchOver(v1::SearchService::Stub* stub);
  std::shared_ptr<grpc::Channel> Channel() const;
  void WarmUp();

  std::unique_ptr<v1::SearchService::Stub> before_;
  int descriptors_before_ = 0;
  int threads_before_ = 0;
};

}  // namespace lookbook
