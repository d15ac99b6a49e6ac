// The memory that pictures of all calls may take together.
#pragma once

#include <cstdint>

#include "base/mutex.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {

// Thread-safe.
class ImageMemory {
 public:
  // `taken` follows the bytes that are taken.
  ImageMemory(int64_t bytes, GaugeHandle taken) : bytes_(bytes), gauge_(taken) {}

  // False when so many are not left; then none are taken. REQUIRES: `bytes` >= 0.
  bool TryTake(int64_t bytes);
  // REQUIRES: `bytes` are taken.
  void Give(int64_t bytes);

  int64_t bytes() const { return bytes_; }

 private:
  const int64_t bytes_;
  GaugeHandle gauge_;
  Mutex mutex_;
  int64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace lookbook
