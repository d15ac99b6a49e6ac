// Tells a process that has grown too large before the kernel kills it.
#pragma once

#include <cstdint>

namespace lookbook {

struct MemoryWatchOptions {
  int64_t bytes = 0;    // More than this is too much.
  bool give_up = true;  // An eighth more than that is the end.
};

enum class MemoryVerdict { kWell, kShort, kGiveUp };

// A process that is short of memory is well again once it has a sixteenth less than the bound: it
// must not be called well and short in turns. Not thread-safe.
class MemoryWatch {
 public:
  explicit MemoryWatch(const MemoryWatchOptions& options) : options_(options) {}

  // `resident`: what the process has now.
  MemoryVerdict Judge(int64_t resident);

 private:
  const MemoryWatchOptions options_;
  bool short_ = false;
};

// What is too much for a process that can have `limit` bytes, where nobody says so: four fifths.
// The end is then at nine tenths, before which the kernel kills nobody.
int64_t MemoryBoundFor(int64_t limit);

}  // namespace lookbook
