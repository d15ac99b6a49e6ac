// A loop over independent items, run by a few threads that are gone when it returns.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace lookbook {

struct ParallelOptions {
  std::string name = "parallel";  // Threads are called name-0, name-1, …
  int threads = 1;
  // Called from the calling thread, now and then and once at the end of a complete run.
  std::function<void(int64_t done, int64_t total)> progress;
};

// Calls work(i) once for every i in [0, count), in no particular order. The first failure, by
// lowest index among those that ran, stops the rest and is returned. What `work` throws comes back
// as a status.
//
// InvalidArgument: threads < 1. Cancelled: StopRequested() was seen before the end.
absl::Status ParallelFor(int64_t count, const ParallelOptions& options,
                         const std::function<absl::Status(int64_t)>& work);

}  // namespace lookbook
