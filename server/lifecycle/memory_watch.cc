#include "server/lifecycle/memory_watch.h"

namespace lookbook {

MemoryVerdict MemoryWatch::Judge(int64_t resident) {
  const int64_t bound = short_ ? options_.bytes - options_.bytes / 16 : options_.bytes;
  short_ = resident > bound;
  if (options_.give_up && resident > options_.bytes + options_.bytes / 8) {
    return MemoryVerdict::kGiveUp;
  }
  return short_ ? MemoryVerdict::kShort : MemoryVerdict::kWell;
}

int64_t MemoryBoundFor(int64_t limit) { return limit / 5 * 4; }

}  // namespace lookbook
