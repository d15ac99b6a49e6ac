// Which activation comes next, and who waits for it.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/lifecycle/activation.h"

namespace lookbook {

// One activation runs at a time, over all roots: there is memory for one more bundle, not for two.
// A root has at most one request that waits. A request for what waits already joins it, and so does
// one for the very bundle that is being activated; a request for something else takes the place of
// what waits (the last one wins). Not thread-safe: its owner guards it.
class ActivationQueue {
 public:
  using Done = std::function<void(absl::StatusOr<Activated>)>;

  struct Job {
    size_t root = 0;
    BundleChoice choice;
    // What the one who follows CURRENT saw there when it asked; empty for everybody else.
    std::string seen;
  };

  static constexpr size_t kMaxWaiters = 256;  // Of all requests together.

  // Adds a request; `done` may be null. Those whose request it replaces are appended to `replaced`:
  // the caller tells them. ResourceExhausted queue_full: too many wait, and nothing was changed.
  absl::Status Add(Job job, Done done, std::vector<Done>* replaced);

  // Whether a request for `root` waits.
  bool Waits(size_t root) const;
  // Whether Take() has something.
  bool HasWork() const { return !running_ && !waiting_.empty(); }

  // The oldest request, which runs from now on. Nothing while one runs, or when none waits.
  std::optional<Job> Take();
  // The one that runs has ended; who waits for it is to be told.
  std::vector<Done> Finish();

  // Everybody who waits, also for the one that runs.
  std::vector<Done> TakeWaiters();

 private:
  struct Request {
    Job job;
    std::vector<Done> waiters;
  };
  Request* FindWaiting(size_t root);
  bool JoinsRunning(const Job& job) const;
  size_t waiters() const;

  std::deque<Request> waiting_;  // At most one of a root.
  std::optional<Request> running_;
};

// What the callers of a replaced request are told: Cancelled superseded.
absl::Status SupersededError();

}  // namespace lookbook
