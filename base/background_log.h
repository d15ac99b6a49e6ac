// Logging that nobody waits for.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lookbook {

struct BackgroundLogOptions {
  int capacity = 1024;  // Lines that may wait; at least 1.
  // How long the end of the log may wait, in all, for a reader that is slow or gone.
  absl::Duration patience = absl::Seconds(1);
  int descriptor = 2;  // Where lines are written.
};

// While one lives, Log() hands its lines to a thread and returns: a pipe that nobody reads, a full
// disk or a closed descriptor costs lines, never the caller's time. When `capacity` lines wait, the
// oldest is dropped for each new one. At most one lives at a time. Thread-safe.
class BackgroundLog {
 public:
  // InvalidArgument: an option is out of range. ResourceExhausted: the system gives no thread.
  static absl::StatusOr<std::unique_ptr<BackgroundLog>> Start(
      const BackgroundLogOptions& options = {});
  // Writes what waits, for at most `patience`. Lines that come later are written by their callers.
  ~BackgroundLog();

 private:
  struct Impl;
  explicit BackgroundLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Lines that every BackgroundLog of this process dropped: those that found the queue full, and
// those that could not be written. Thread-safe.
int64_t DroppedLogLines();

}  // namespace lookbook
