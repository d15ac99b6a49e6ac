// One value that many threads read and one replaces now and then.
#pragma once

#include <memory>
#include <utility>

#include "base/mutex.h"

namespace lookbook {

// Thread-safe. Swap() hands the old value back, so that the caller, never a
// reader, decides when and on which thread it is destroyed.
template <typename T>
class Snapshot {
 public:
  Snapshot() = default;
  explicit Snapshot(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  // Null until the first value arrives.
  std::shared_ptr<const T> Get() const {
    MutexLock lock(&mutex_);
    return value_;
  }

  std::shared_ptr<const T> Swap(std::shared_ptr<const T> next) {
    MutexLock lock(&mutex_);
    value_.swap(next);
    return next;
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
