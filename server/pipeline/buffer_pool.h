// Memory that batches fill one after the other.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace lookbook {

// Keeps as many buffers as were ever out at the same time. Thread-safe.
template <typename T>
class BufferPool {
 public:
  // At least `size` values, of any content.
  std::vector<T> Take(size_t size) {
    std::vector<T> buffer;
    {
      MutexLock lock(&mutex_);
      if (!free_.empty()) {
        buffer = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (buffer.size() < size) buffer.resize(size);
    return buffer;
  }

  void Give(std::vector<T> buffer) {
    MutexLock lock(&mutex_);
    free_.push_back(std::move(buffer));
  }

 private:
  Mutex mutex_;
  std::vector<std::vector<T>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
