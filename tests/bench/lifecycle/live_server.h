// A lookbook-server under load, whose every answer is looked at.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "tests/support/real_server.h"

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
  explicit LiveServer(std::unique_ptr<RealServer> server) : server_(std::move(server)) {}

  // Calls of `clients` at a time with `image`, until the server sends them away or EndLoad().
  void StartLoad(int clients, const std::string& image, std::vector<KnownBundle> bundles,
                 Seen* seen);
  void EndLoad();

  // Seconds that it took.
  absl::StatusOr<double> Activate(const std::string& bundle_id);
  int64_t ResidentBytes() const;

  void Terminate() { server_->process().Signal(SIGTERM); }
  int Wait() { return server_->process().Wait(); }

 private:
  const std::unique_ptr<RealServer> server_;
  std::atomic<bool> end_{false};
  std::vector<std::future<void>> clients_;
};

}  // namespace lookbook
