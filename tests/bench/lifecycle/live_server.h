// A real lookbook-server under load, whose every answer is looked at.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "tests/support/program_run.h"

namespace lookbook {

// Which items a bundle may answer with: all of theirs begin with `prefix`.
struct KnownBundle {
  std::string id;
  std::string prefix;
};

// Counts of what clients saw. Thread-safe.
struct Seen {
  std::atomic<int64_t> answered{0};
  std::atomic<int64_t> failed{0};     // Neither answered nor sent away.
  std::atomic<int64_t> sent_away{0};  // Refused, or without a connection: never begun.
  std::atomic<int64_t> mixed{0};      // Named one bundle and answered from another.
  Mutex mutex;
  std::vector<double> seconds ABSL_GUARDED_BY(mutex);  // Of the answers.
  std::string first_failure ABSL_GUARDED_BY(mutex);
};

class LiveServer {
 public:
  // Starts the program and waits until it serves.
  static absl::StatusOr<std::unique_ptr<LiveServer>> Start(const std::string& program,
                                                           const std::string& root,
                                                           const std::vector<std::string>& more,
                                                           const std::string& log);

  // Calls of `clients` at a time with `image`, until the server sends them away or EndLoad().
  void StartLoad(int clients, const std::string& image, std::vector<KnownBundle> bundles,
                 Seen* seen);
  void EndLoad();

  // Seconds that it took.
  absl::StatusOr<double> Activate(const std::string& bundle_id);
  int64_t ResidentBytes() const;

  void Terminate() { process_.Signal(SIGTERM); }
  int Wait() { return process_.Wait(); }

 private:
  LiveServer(const std::string& program, std::vector<std::string> arguments, const std::string& log)
      : process_(program, std::move(arguments), log) {}

  ProgramRun process_;
  int data_port_ = 0;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  std::atomic<bool> end_{false};
  std::vector<std::future<void>> clients_;
};

}  // namespace lookbook
