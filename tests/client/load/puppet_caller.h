// Calls that end when the test says so.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "client/load/caller.h"

namespace lookbook {

// Thread-safe.
class PuppetCaller : public Caller {
 public:
  void Start(int64_t number, Done done) override {
    MutexLock lock(&mutex_);
    numbers_.push_back(number);
    pending_.push_back(std::move(done));
  }

  // Ends the call that has waited longest. False: there is none.
  bool EndOldest(const CallOutcome& outcome = {}) {
    Done done;
    {
      MutexLock lock(&mutex_);
      if (pending_.empty()) return false;
      done = std::move(pending_.front());
      pending_.erase(pending_.begin());
    }
    done(outcome);
    return true;
  }
  void EndAll(const CallOutcome& outcome = {}) {
    const size_t count = pending();
    for (size_t i = 0; i < count; ++i) EndOldest(outcome);
  }

  size_t pending() const {
    MutexLock lock(&mutex_);
    return pending_.size();
  }
  std::vector<int64_t> numbers() const {
    MutexLock lock(&mutex_);
    return numbers_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<int64_t> numbers_ ABSL_GUARDED_BY(mutex_);
  std::vector<Done> pending_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
