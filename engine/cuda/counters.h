// What a backend counts.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "engine/device/device_backend.h"

namespace lookbook {

// Thread-safe.
class DeviceCounters {
 public:
  void Count(Fallback cause) { fallbacks_[static_cast<size_t>(cause)].fetch_add(1); }

  void CountReplay(int bucket) {
    MutexLock lock(&mutex_);
    ++replays_[bucket];
  }

  void Fill(BackendStats* stats) const {
    for (int i = 0; i < kFallbacks; ++i) stats->fallbacks[i] = fallbacks_[i].load();
    MutexLock lock(&mutex_);
    stats->graph_replays.assign(replays_.begin(), replays_.end());
  }

 private:
  std::array<std::atomic<int64_t>, kFallbacks> fallbacks_ = {};
  mutable Mutex mutex_;
  std::map<int, int64_t> replays_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
