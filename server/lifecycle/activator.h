// Changes the live bundles of a server that serves, one at a time, on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "server/lifecycle/activation.h"
#include "server/lifecycle/activation_queue.h"
#include "server/lifecycle/current_watch.h"

namespace lookbook {

struct ActivatorOptions {
  bool watch = false;  // Activate what CURRENT of a root names whenever it is not what is live.
  absl::Duration poll_interval = absl::Seconds(5);
};

// Thread-safe. What `parts` and `roots` point at outlives it.
class Activator {
 public:
  // REQUIRES: `roots` is not empty.
  Activator(const ActivatorOptions& options, ActivationParts parts, std::vector<ServedRoot> roots);
  // Stop().
  ~Activator();

  const std::vector<ServedRoot>& roots() const { return roots_; }

  // Asks for an activation in the root of that index. `done` is called once, on this thread or the
  // activator's, with what Activate() says, or: Cancelled superseded, ResourceExhausted queue_full,
  // Unavailable draining. It must not block or throw. REQUIRES: `root` is one of roots().
  void Request(size_t root, const BundleChoice& choice, ActivationQueue::Done done);

  // Runs `work` between activations and returns what it returns. From now on they use `loader`,
  // which outlives this object. Cancelled: the activator is stopping.
  absl::Status RunBetween(const BundleLoader* loader, std::function<absl::Status()> work);

  // From now on nothing is activated: requests are told so, and so are those that wait. An
  // activation that runs gives up at its next step. Does not block.
  void BeginStop();
  // BeginStop(), and waits for the thread. Idempotent.
  void Stop();

 private:
  struct Errand {
    const BundleLoader* loader;
    std::function<absl::Status()> work;
    absl::Status* result;
    bool done = false;
  };

  void Run();
  // Waits for something to do. False: stop.
  bool AwaitWork();
  void RunErrand();
  std::optional<ActivationQueue::Job> TakeJob();
  void RunJob(const ActivationQueue::Job& job);
  void LookAtCurrent();

  const ActivatorOptions options_;
  ActivationParts parts_;  // Its thread's.
  const std::vector<ServedRoot> roots_;
  std::vector<CurrentWatch> watches_;  // One a root; its thread's.
  absl::Time next_look_;               // Its thread's.
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  CondVar changed_;
  ActivationQueue queue_ ABSL_GUARDED_BY(mutex_);
  Errand* errand_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // Its thread looks for no more work.
  Mutex join_mutex_;
  std::thread thread_;  // Last.
};

}  // namespace lookbook
