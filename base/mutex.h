// std::mutex and std::condition_variable with Clang's thread-safety annotations.
// absl::Mutex is not used: the packaged build makes ThreadSanitizer report false races.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace lookbook {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* mutex_;
};

// Waits may wake spuriously: call them in a loop that tests the condition.
class CondVar {
 public:
  // REQUIRES: `mutex` is held by the caller; it is held again on return.
  void Wait(Mutex* mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  // Waits at most `timeout` of the steady clock; absl::InfiniteDuration() waits forever.
  void WaitFor(Mutex* mutex, absl::Duration timeout) {
    if (timeout == absl::InfiniteDuration()) return Wait(mutex);
    // An hour at most per wait keeps the addition below far from overflow.
    const auto step = absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(1)));
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait_until(lock, std::chrono::steady_clock::now() + step);
    lock.release();
  }

  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace lookbook
