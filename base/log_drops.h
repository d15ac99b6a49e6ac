// How many lines the log left out by intention, so that it stays within its bounds.
#pragma once

#include <cstdint>

namespace lookbook {

enum class LogDrop {
  kRequest,   // Of a call that went well.
  kError,     // Of a call that failed or was slow.
  kRepeated,  // Of a message that comes again and again.
};

// Thread-safe.
void CountLogDrop(LogDrop what);

// In this process so far. Thread-safe.
int64_t LogDrops(LogDrop what);

}  // namespace lookbook
