// Many calls at once, their results one after the other.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/thread_pool.h"

namespace lookbook {

// Calls work(0), …, work(count - 1) on `threads` threads, and consume(result)
// on this thread in that order, until it returns false: work that has not begun
// is then left out. At most 2 * threads results wait to be consumed.
// InvalidArgument: `threads` is below 1. ResourceExhausted: no thread to be had.
template <typename T>
absl::Status RunInOrder(int count, int threads, const std::function<T(int)>& work,
                        const std::function<bool(T)>& consume) {
  Mutex mutex;
  CondVar finished;
  std::map<int, T> results;  // Guarded by `mutex`.
  std::atomic<bool> stopped{false};
  // Last, so that its threads end before what they use.
  LB_ASSIGN_OR_RETURN(
      const std::unique_ptr<ThreadPool> pool,
      ThreadPool::Create({.name = "query", .threads = threads, .capacity = 2 * threads}));

  const auto run = [&](int index) {
    if (stopped) return;
    T result = work(index);
    MutexLock lock(&mutex);
    results.emplace(index, std::move(result));
    finished.NotifyOne();
  };
  const auto take = [&](int index) {
    MutexLock lock(&mutex);
    while (results.count(index) == 0) finished.Wait(&mutex);
    return std::move(results.extract(index).mapped());
  };
  int submitted = 0;
  for (int next = 0; next < count; ++next) {
    for (; submitted < count && submitted < next + 2 * threads; ++submitted) {
      LB_RETURN_IF_ERROR(pool->Submit([&run, index = submitted] { run(index); }));
    }
    if (!consume(take(next))) {
      stopped = true;
      break;
    }
  }
  return absl::OkStatus();
}

}  // namespace lookbook
