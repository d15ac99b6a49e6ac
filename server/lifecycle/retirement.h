// Where replaced bundles end: on a thread of its own, once no query uses them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {

// What waits for its last user. Pure; not thread-safe.
class RetiredBundles {
 public:
  struct Entry {
    std::string name;  // The configured bundle's.
    std::string id;    // For the log.
    std::shared_ptr<const void> bundle;
    absl::Time since;
    bool given_up = false;  // It has users still, and waited longer than the patience.
  };

  explicit RetiredBundles(absl::Duration patience) : patience_(patience) {}

  void Add(Entry entry) { entries_.push_back(std::move(entry)); }
  // Takes out what nobody else uses any more, and what was waited for long enough. The caller
  // destroys it, or lets go of it.
  std::vector<Entry> TakeDue(absl::Time now);
  size_t size() const { return entries_.size(); }

 private:
  const absl::Duration patience_;
  std::vector<Entry> entries_;
};

// Thread-safe.
class Retirement {
 public:
  // A query ends within deadlines.max_deadline, so that a minute is more than any can take;
  // whatever still uses a bundle then destroys it. `metrics` and `clock` must outlive this object.
  Retirement(ServerMetrics* metrics, const Clock* clock,
             absl::Duration patience = absl::Minutes(1));
  // Waits for what is used, no longer than the patience.
  ~Retirement();

  // Takes over the caller's hold on a bundle; does nothing with null.
  void Add(const std::string& name, const std::string& id, std::shared_ptr<const void> bundle);

  // Returns true as soon as fewer than `most` bundles wait, false once `stopped` says true.
  bool AwaitFewerThan(size_t most, const std::function<bool()>& stopped);

 private:
  void Run();

  ServerMetrics* const metrics_;
  const Clock* const clock_;
  Mutex mutex_;
  CondVar changed_;
  RetiredBundles bundles_ ABSL_GUARDED_BY(mutex_);
  size_t held_ ABSL_GUARDED_BY(mutex_) = 0;  // Also those that are being destroyed.
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Last.
};

}  // namespace lookbook
