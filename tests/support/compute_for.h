// Work of a known length.
#pragma once

#include "absl/time/time.h"
#include "base/thread_cpu_time.h"

namespace lookbook {

// Keeps this thread's core busy until it has computed for `time`, however long others have the
// core.
inline void ComputeFor(absl::Duration time) {
  const absl::Duration begin = ThreadCpuTime();
  while (ThreadCpuTime() - begin < time) {
  }
}

}  // namespace lookbook
