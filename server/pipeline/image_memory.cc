#include "server/pipeline/image_memory.h"

namespace lookbook {

bool ImageMemory::TryTake(int64_t bytes) {
  {
    MutexLock lock(&mutex_);
    if (bytes > bytes_ - taken_) return false;
    taken_ += bytes;
  }
  gauge_.Add(static_cast<double>(bytes));
  return true;
}

void ImageMemory::Give(int64_t bytes) {
  {
    MutexLock lock(&mutex_);
    taken_ -= bytes;
  }
  gauge_.Add(-static_cast<double>(bytes));
}

}  // namespace lookbook
