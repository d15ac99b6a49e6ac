// Takes connections, and refuses those that would be too many.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "server/metrics/server_metrics.h"
#include "server/transport/connection_table.h"
#include "server/transport/listening_sockets.h"
#include "server/transport/log_budget.h"

namespace lookbook {

struct AcceptorOptions {
  int connections = 1000;  // Open at once.
  int per_client = 0;  // Of them from one client (ClientOf); 0 = as many as there may be at all.
  ServerMetrics* metrics = nullptr;  // Null: nobody counts. Outlives the acceptor.
};

// gRPC 1.51's own listener never accepts again once accept() has failed for want of descriptors.
// This one lives through that: connections leave descriptors for the rest of the process, and when
// there is none all the same, it refuses with one that it has kept. A refused connection is reset
// at once, counted (lookbook_connections_rejected_total) and, at most once a second, logged.
// Thread-safe.
class Acceptor {
 public:
  // Takes the connection `descriptor`, which does not block, and closes it in its own time.
  using Handler = std::function<void(int descriptor)>;

  // Hands each connection to `handler`, on a thread of its own, one at a time. ResourceExhausted:
  // the system gives no thread or no descriptor.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Start(ListeningSockets sockets,
                                                         const AcceptorOptions& options,
                                                         Handler handler);
  // Stop().
  ~Acceptor();

  int port() const { return port_; }

  // Closes the port. Connections that were handed over live on. When it returns, the handler runs
  // no more. Idempotent.
  void Stop();

 private:
  Acceptor(ListeningSockets sockets, const AcceptorOptions& options, Handler handler);

  void Run();
  bool Wait();
  void AcceptFrom(int listener);
  bool AcceptOne(int listener);
  bool AfterFailure(int error, int listener);
  std::optional<ConnectionRefusal> Judge(int descriptor, const std::string& client);
  bool IsFull(const std::string& client) const;
  void Refuse(Descriptor connection, ConnectionRefusal why, const std::string& client);
  void Rest();
  void Sweep();
  void ReportCount();

  const AcceptorOptions options_;
  const Handler handler_;
  const int port_;
  const Clock* const clock_ = Clock::Steady();
  LogBudget log_{1};
  Descriptor wake_;  // Readable from the moment of Stop().

  // The thread's alone while it runs.
  std::vector<Descriptor> listeners_;
  Descriptor spare_;  // Closed to have a descriptor for a connection that is refused.
  ConnectionTable table_;
  absl::Time swept_ = absl::InfinitePast();
  absl::Time rests_until_ = absl::InfinitePast();
  int reported_ = 0;  // Of table_.size(), to the metrics.

  Mutex stop_mutex_;
  std::unique_ptr<ThreadPool> thread_;
};

}  // namespace lookbook
